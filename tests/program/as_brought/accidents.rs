//! Whatever happens to a file: cut off, joined, altered, noise.

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use certdeck::config;
use certdeck::pki::{self, Contents, Question, Verdict};
use certdeck::rules::{Profile, Rules, Use};
use certdeck::workbench::{Examined, facts};
use fastrand::Rng;

use crate::as_brought::bench::{Bench, Material, PASSWORD, Secret, glued, inner, one_line};

/// Everything that is shown of a file by whoever reads it: what was read, what was not, why it was refused.
fn shown(octets: &[u8], dir: &Path) -> (Vec<String>, Option<Contents>) {
    let path = dir.join("any.pem");
    fs::write(&path, octets).unwrap();
    let mut texts = Vec::new();
    let mut say = |text: String| texts.push(text);
    let password = Some(PASSWORD.into());
    let examined = Examined::read(&path, password.clone(), || Ok::<_, ()>(None)).unwrap();
    let report = examined.inspect();
    say(examined.json(&report, false).to_string());
    for fact in facts(&examined, &report) {
        say(fact.text);
    }
    if let Err(failure) = &examined.contents {
        say(failure.to_string());
    }
    for refused in [
        pki::read_key(octets, password.as_ref()).err().map(|why| why.to_string()),
        pki::certificates(octets).err().map(|why| why.to_string()),
    ] {
        refused.into_iter().for_each(&mut say);
    }
    config::authorities(&path).err().into_iter().for_each(|why| say(why.to_string()));
    say(pki::Roots::read(octets).err().map(|why| why.to_string()).unwrap_or_default());
    config::Config::read(&path).err().into_iter().for_each(|why| say(why.to_string()));
    let text = String::from_utf8_lossy(octets).into_owned();
    certdeck::app::keymap::Keymap::new(&text).err().into_iter().for_each(|why| say(why.to_string()));
    let variables = |name: &str| match name {
        "AZURE_CLIENT_CERTIFICATE_PATH" => Some(path.display().to_string()),
        "AZURE_TENANT_ID" | "AZURE_CLIENT_ID" => Some("t".to_owned()),
        "CERTDECK_CREDENTIAL" => Some("client-certificate".to_owned()),
        _ => None,
    };
    config::Config::default()
        .target(&path, None, variables)
        .err()
        .into_iter()
        .for_each(|why| say(why.to_string()));
    for name in ["CERTDECK_CREDENTIAL", "CERTDECK_ARM_ENDPOINT", "CERTDECK_CONTEXT"] {
        let set = |asked: &str| (asked == name).then(|| text.clone());
        config::Config::default()
            .target(&path, None, set)
            .err()
            .into_iter()
            .for_each(|why| say(why.to_string()));
    }
    let read = pki::read(octets, password.as_ref()).ok();
    (texts, read)
}

/// Changes a file as accidents do.
fn accident(rng: &mut Rng, mut octets: Vec<u8>, others: &[Vec<u8>]) -> Vec<u8> {
    for _ in 0..rng.usize(1..4) {
        let at = rng.usize(0..=octets.len());
        match rng.u8(0..9) {
            0 => octets.truncate(at),
            1 => drop(octets.drain(..at)),
            2 => {
                let end = rng.usize(at..=octets.len().min(at + 200));
                octets.drain(at..end);
            }
            3 => octets.extend(others[rng.usize(..others.len())].clone()),
            4 => drop(octets.splice(at..at, others[rng.usize(..others.len())].clone())),
            5 => {
                let noise: Vec<u8> = (0..rng.usize(1..30)).map(|_| rng.u8(..)).collect();
                octets.splice(at..at, noise);
            }
            6 => octets.iter_mut().skip(at).take(1).for_each(|octet| *octet ^= 1 << rng.u8(0..8)),
            7 => {
                octets = octets
                    .iter()
                    .flat_map(|octet| if *octet == b'\n' { b"\\n".to_vec() } else { vec![*octet] })
                    .collect();
            }
            _ => octets.retain(|octet| *octet != b'\n'),
        }
    }
    octets.truncate(64 * 1024);
    octets
}

/// Random octets, truncations and joins of real files: nothing panics, no key is shown, and nothing of a file
/// is lost silently. `CERTDECK_FUZZ_CASES=100000` does more than the usual hundreds.
#[test]
fn whatever_happens_to_a_file_no_key_is_shown_and_no_block_is_lost() {
    let (bench, made) = (Bench::new(), Material::shared());
    assert_eq!(bench.build(&["--password-file", "password"]).status.code(), Some(0));
    let pfx = fs::read(bench.path("out.pfx")).unwrap();
    let der = STANDARD.decode(inner(&made.leaf)).unwrap();
    let files: Vec<Vec<u8>> = vec![
        made.key.clone().into(),
        made.chain().into(),
        format!("{}{}", made.key, made.leaf).into(),
        one_line(&made.key).into(),
        glued(&[&made.leaf, &made.key, &made.root]).into(),
        serde_json::json!({ "key": made.key }).to_string().into(),
        STANDARD.decode(inner(&made.key)).unwrap(),
        der,
        pfx.clone(),
    ];
    let secret = Secret::of(&inner(&made.key));
    let rules = Rules::load(Profile::Current).unwrap();
    let now = "2027-01-01T00:00:00Z".parse().unwrap();
    let whole = pki::read(&pfx, Some(&PASSWORD.into())).unwrap();
    let roots = whole.certificates.iter().cloned().collect();
    let question = Question { rules: &rules, now, roots: Some(&roots), host: None, empty_password: false };
    assert!(
        pki::check(&whole, &question).verdict() == Verdict::Accept,
        "the file is good before anything happens to it"
    );
    let cases =
        std::env::var("CERTDECK_FUZZ_CASES").ok().and_then(|number| number.parse().ok()).unwrap_or(400);
    let mut rng = Rng::with_seed(2027);
    for case in 0..cases {
        let file = files[rng.usize(..files.len())].clone();
        let octets = if case % 20 == 0 {
            (0..rng.usize(..2000)).map(|_| rng.u8(..)).collect()
        } else {
            accident(&mut rng, file, &files)
        };
        let (texts, read) = shown(&octets, bench.0.path());
        for text in &texts {
            secret.must_not_be_in(&format!("case {case}"), text);
        }
        let Some(read) = read else { continue };
        let report = pki::check(&read, &question);
        let is_whole = read.unread.is_empty();
        // A block that begins is read, or it is told that it was not.
        let begun = octets
            .windows(16)
            .filter(|part| {
                part.eq_ignore_ascii_case(b"-----BEGIN CERTI")
                    || part.eq_ignore_ascii_case(b"-----BEGIN PRIVA")
            })
            .count();
        let accounted = read.certificates.len() + read.keys.len() + read.unread.len();
        let is_text = read.kind != pki::Kind::Pkcs12;
        assert!(
            !is_text || accounted >= begun,
            "case {case}: {begun} blocks begin, {accounted} are accounted for"
        );
        // Only what is whole and unaltered is as good as the whole file; octets after its end are warned of.
        if report.verdict() == Verdict::Accept {
            assert!(is_whole && octets == pfx, "case {case}: accepted as if nothing had happened");
        }
        if report.allows(Use::Upload) {
            assert!(
                is_whole && octets.starts_with(&pfx),
                "case {case}: an altered file is said to be fit for an upload"
            );
        }
    }
}
