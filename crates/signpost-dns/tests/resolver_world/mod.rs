//! The zones of the suite's world for resolvers, which have every way to sign and to deny.

use signpost_dns::{Algorithm, Denial, Signing, Zone};

/// A root, `com`, `example.com` with the records that the project starts from, and below it a zone without signatures,
/// several with NSEC3, and one for each algorithm.
pub(crate) fn zones() -> Vec<Zone> {
    let child = file("child.zone");
    let nsec3 = |iterations, salt, opt_out| Denial::Nsec3 { iterations, salt, opt_out };
    let signed = |denial| Signing::Signed { algorithm: Algorithm::default(), denial };
    let with = |algorithm| Signing::Signed { algorithm, denial: Denial::default() };
    let plain = Signing::default();
    [
        (".", file("root.zone"), plain),
        ("com.", file("com.zone"), plain),
        ("example.com.", file("example.com.zone"), plain),
        ("insecure.example.com.", child, Signing::Unsigned),
        ("nsec3.example.com.", child, signed(nsec3(0, None, false))),
        ("signed.nsec3.example.com.", child, plain),
        ("salted.example.com.", child, signed(nsec3(5, Some([0xaa, 0xbb, 0xcc, 0xdd]), false))),
        ("optout.example.com.", child, signed(nsec3(0, None, true))),
        ("insecure.optout.example.com.", child, Signing::Unsigned),
        ("secure.optout.example.com.", child, plain),
        ("rsasha256.example.com.", child, with(Algorithm::RsaSha256)),
        ("rsasha512.example.com.", child, with(Algorithm::RsaSha512)),
        ("ecdsap384.example.com.", child, with(Algorithm::EcdsaP384Sha384)),
        ("ed25519.example.com.", child, with(Algorithm::Ed25519)),
    ]
    .into_iter()
    .map(|(origin, text, signing)| {
        let mut zone = Zone::parse(origin.parse().unwrap(), text).unwrap();
        zone.signing = signing;
        zone
    })
    .collect()
}

/// A file of the world.
fn file(name: &str) -> &'static str {
    let file = signpost_scenarios::SUITE.get_file(format!("worlds/resolver/{name}")).unwrap();
    file.contents_utf8().unwrap()
}
