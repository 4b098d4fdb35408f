//! Policy and key records, beside mail-auth's parsers of TXT records of the same kind and length, and beside the floors
//! of one search through the text and of decoding the digest alone.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use data_encoding::BASE64;
use mail_auth::common::parse::TxtRecordParser;
use mail_auth::dmarc::Dmarc;
use mail_auth::mta_sts::{MtaSts, TlsRpt};
use signpost_record::{KeyRecord, PolicyRecord};

const POLICY: &str = "v=submission STARTTLS=_certroot.example.com SMTP-AUTH=Required";
const DIGEST: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
const KEY: &str = "v=keyrecord sha256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

const MTA_STS: &str = "v=STSv1; id=20160831085700Z;";
/// As long as the policy record: the longest ID that RFC 8461 allows, and an extension that is skipped.
const MTA_STS_AS_LONG: &str = "v=STSv1; id=20160831085700Z2016083108570012; note=aboutthekeys";
const TLS_RPT: &str = "v=TLSRPTv1; rua=mailto:reports@mail.reports.inbox.example.com;";
const DMARC: &str = "v=DMARC1; p=reject; sp=reject; rua=mailto:report@example.com; ";

fn peer<T: TxtRecordParser>(text: &str) -> T {
    T::parse(black_box(text.as_bytes())).unwrap()
}

fn policy(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("policy record");
    let mut bench = |name: &str, text: &str, read: &dyn Fn()| {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |bencher| bencher.iter(read));
    };
    bench("signpost-record", POLICY, &|| {
        black_box(PolicyRecord::parse(black_box(POLICY.as_bytes()), "submission").unwrap().unwrap());
    });
    bench("mail-auth MtaSts", MTA_STS, &|| drop(black_box(peer::<MtaSts>(MTA_STS))));
    bench("mail-auth MtaSts, as long", MTA_STS_AS_LONG, &|| {
        drop(black_box(peer::<MtaSts>(MTA_STS_AS_LONG)));
    });
    bench("mail-auth TlsRpt, as long", TLS_RPT, &|| drop(black_box(peer::<TlsRpt>(TLS_RPT))));
    bench("mail-auth Dmarc, as long", DMARC, &|| drop(black_box(peer::<Dmarc>(DMARC))));
    bench("memchr of a space and of an equals sign", POLICY, &|| {
        black_box(memchr::memchr2_iter(b' ', b'=', black_box(POLICY.as_bytes())).count());
    });
    group.finish();
}

fn key(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("key record");
    let mut bench = |name: &str, text: &str, read: &dyn Fn()| {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |bencher| bencher.iter(read));
    };
    bench("signpost-record", KEY, &|| {
        black_box(KeyRecord::parse(black_box(KEY.as_bytes())).unwrap().unwrap());
    });
    bench("data-encoding, the digest alone", DIGEST, &|| {
        let mut octets = [0; 33];
        black_box(BASE64.decode_mut(black_box(DIGEST.as_bytes()), &mut octets).unwrap());
    });
    bench("memchr of a space and of an equals sign", KEY, &|| {
        black_box(memchr::memchr2_iter(b' ', b'=', black_box(KEY.as_bytes())).count());
    });
    group.finish();
}

criterion_group!(benches, policy, key);
criterion_main!(benches);
