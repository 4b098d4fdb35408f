//! Misreadings of what policies and key records share.

use std::borrow::Cow;

use super::Misreading;
use super::element::{KNOWN, halves, is_named, is_version, join, keep, known, replace, split};
use crate::defect::Defect;

pub(super) const MISREADINGS: &[(Defect, Misreading)] = &[
    (Defect::FindsNamesAnywhere, |text, version| Ok(Some(find_names(text, version)))),
    (Defect::FindsVersionAnywhere, |text, version| Ok(Some(version_first(text, version)))),
    (Defect::FirstOfTwoNames, |text, _| Ok(Some(first_of_two(text)))),
    (Defect::FoldsNoNames, |text, _| Ok(Some(replace(text, unfolded)))),
    (Defect::FoldsNoVersions, |text, version| {
        let is_other = split(text)
            .first()
            .is_some_and(|element| is_version(element, version) && halves(element).1 != version.as_bytes());
        Ok((!is_other).then(|| text.to_vec()))
    }),
    (Defect::IgnoresEmptyValues, |text, _| {
        Ok(Some(keep(text, |element| known(element).is_none() || !halves(element).1.is_empty())))
    }),
    (Defect::IgnoresOddFirstElement, |text, version| {
        let is_its_own = split(text).first().is_some_and(|element| is_version(element, version));
        Ok(is_its_own.then(|| text.to_vec()))
    }),
    (Defect::LastOfTwoNames, |text, _| Ok(Some(last_of_two(text)))),
    (Defect::MatchesNamesByPrefix, |text, _| Ok(Some(first_of_two(&replace(text, without_ending))))),
    (Defect::MatchesServiceByPrefix, |text, version| {
        Ok(Some(replace(text, |element| {
            let (begins, goes_on) =
                (halves(element).1.get(..version.len())?, halves(element).1.get(version.len())?);
            let is_meant = is_named(element, "v") && begins.eq_ignore_ascii_case(version.as_bytes());
            (is_meant && goes_on.is_ascii_alphanumeric()).then(|| format!("v={version}").into_bytes())
        })))
    }),
    (Defect::OneSpaceSeparates, |text, _| match text.split(|&octet| octet == b' ').any(<[u8]>::is_empty) {
        true => Err("an element is empty"),
        false => Ok(Some(text.to_vec())),
    }),
    (Defect::ReadsFirst255Octets, |text, _| Ok(Some(text[..text.len().min(255)].to_vec()))),
    (Defect::ReadsFirstDemandOnly, |text, _| Ok(Some(join(&split(text)[..split(text).len().min(2)])))),
    (Defect::RefusesAnyNameTwice, |text, _| {
        let elements = split(text);
        let is_repeated = |(place, element): (usize, &&[u8])| {
            elements[..place].iter().any(|other| halves(other).0.eq_ignore_ascii_case(halves(element).0))
        };
        match elements.iter().enumerate().any(is_repeated) {
            true => Err("a name is given twice"),
            false => Ok(Some(text.to_vec())),
        }
    }),
    (Defect::SemicolonsSeparate, |text, _| Ok(Some(exchange(text, |octet| octet == b';', b' ')))),
    (Defect::SkipsWords, |text, _| Ok(Some(keep(text, |element| element.contains(&b'='))))),
    (Defect::StopsAtNul, |text, _| {
        Ok(Some(text.split(|&octet| octet == 0).next().unwrap_or_default().to_vec()))
    }),
    (Defect::StripsControlOctets, |text, _| {
        Ok(Some(text.iter().copied().filter(|octet| !octet.is_ascii_control()).collect()))
    }),
    (Defect::TabsSeparate, |text, _| Ok(Some(exchange(text, |octet| octet == b'\t', b' ')))),
    (Defect::TakesUtf8, |text, _| match std::str::from_utf8(text) {
        Ok(_) => Ok(Some(exchange(text, |octet| !octet.is_ascii(), b'x'))),
        Err(_) => Ok(Some(text.to_vec())),
    }),
    (Defect::TrimsEqualsSign, |text, _| Ok(Some(trim_equals_signs(text)))),
    (Defect::VersionAtFirstOctet, |text, _| Ok((!text.starts_with(b" ")).then(|| text.to_vec()))),
];

fn exchange(text: &[u8], is_exchanged: impl Fn(u8) -> bool, for_octet: u8) -> Vec<u8> {
    text.iter().map(|&octet| if is_exchanged(octet) { for_octet } else { octet }).collect()
}

/// The first place of each known name and its equals sign, wherever in the record that is.
fn find_names(text: &[u8], version: &str) -> Vec<u8> {
    if !split(text).first().is_some_and(|element| is_version(element, version)) {
        return text.to_vec();
    }
    let mut found = vec![format!("v={version}").into_bytes()];
    for name in KNOWN.iter().filter(|name| name.len() > 1) {
        let wanted = format!("{name}=").into_bytes();
        let place = text.windows(wanted.len()).position(|window| window.eq_ignore_ascii_case(&wanted));
        found.extend(place.map(|place| split(&text[place..])[0].to_vec()));
    }
    join(&found)
}

/// The record with `v=` before everything else.
fn version_first(text: &[u8], version: &str) -> Vec<u8> {
    let (first, others): (Vec<&[u8]>, Vec<&[u8]>) =
        split(text).into_iter().partition(|element| is_version(element, version));
    join(&[first, others].concat())
}

fn first_of_two(text: &[u8]) -> Vec<u8> {
    let mut seen = Vec::new();
    keep(text, |element| match known(element) {
        Some(name) if seen.contains(&name) => false,
        name => {
            seen.extend(name);
            true
        }
    })
}

/// The record with the last of the elements of each known name at the place of the first.
fn last_of_two(text: &[u8]) -> Vec<u8> {
    let elements = split(text);
    let last = |element: &[u8]| {
        let name = known(element)?;
        elements.iter().rev().find(|other| is_named(other, name)).map(|last| last.to_vec())
    };
    first_of_two(&replace(text, last))
}

/// An unknown element in the place of one whose known name is written in other letters. `v` is not looked at: it tells
/// whose record it is, and is read elsewhere.
fn unfolded(element: &[u8]) -> Option<Vec<u8>> {
    let name = known(element).filter(|name| *name != "v")?;
    (halves(element).0 != name.as_bytes()).then(|| [b"unknown-", element].concat())
}

/// The element of a known name in the place of one whose name goes on behind it with a hyphen.
fn without_ending(element: &[u8]) -> Option<Vec<u8>> {
    let (name, value) = halves(element);
    let known = KNOWN.iter().find(|known| {
        let begins =
            name.get(..known.len()).is_some_and(|start| start.eq_ignore_ascii_case(known.as_bytes()));
        begins && name.get(known.len()) == Some(&b'-')
    })?;
    Some([known.as_bytes(), b"=", value].concat())
}

/// The record without spaces round the equals signs.
fn trim_equals_signs(text: &[u8]) -> Vec<u8> {
    let mut trimmed = Cow::Borrowed(text);
    while let Some(place) = trimmed.windows(2).position(|pair| pair == b" =" || pair == b"= ") {
        let space = if trimmed[place] == b' ' { place } else { place + 1 };
        trimmed.to_mut().remove(space);
    }
    trimmed.into_owned()
}
