//! How many keys a job takes at 80x24, from its row in the list: played in a terminal against the practice cloud,
//! counted, held against what was promised, and written to `docs/keys.md`.

use std::fmt::Write;

use certdeck::app::command::Place;
use certdeck::app::key::Key;
use certdeck::app::keymap::{Keymap, entries};

use crate::cloud::Cloud;
use crate::pty::Pty;
use crate::replace::{PASSWORD, pfx};

/// One thing that a person does, or sees before going on.
enum Act {
    Keys(&'static str),
    /// Names and words that are typed letter by letter; they are not counted.
    Words(&'static str),
    /// The path of the PFX, and its password.
    Path,
    Password,
    /// The step is ready: Enter asks, and Enter again sends.
    Send(&'static str),
    See(&'static str),
}
use Act::{Keys, Password, Path, See, Send, Words};

struct Job {
    what: &'static str,
    /// What brings the cursor to the row.
    from: &'static str,
    /// The hostnames of the PFX that it takes.
    file: &'static [&'static str],
    at_most: usize,
    acts: &'static [Act],
}

const JOBS: &[Job] = &[
    Job {
        what: "Buy a certificate, store it in a new vault, prove the domain, import it, bind it",
        from: "3",
        file: &[],
        at_most: 25,
        acts: &[
            Keys("a"),
            See("Purchase an App Service certificate"),
            Keys("2"),
            See("Naked domain host name"),
            Words("contoso.com"),
            Keys("<Enter>"),
            See("CAA allows"),
            Words("contoso-www"),
            Keys("<Enter>"),
            See("Type buy to confirm"),
            Words("buy"),
            Keys("<Enter>"),
            See("Enter goes on with Step 1: Store"),
            Keys("<Enter>"),
            Send("Create the key vault"),
            Send("Store the certificate in the vault"),
            See("Enter goes on with Step 2: Verify"),
            Keys("<Enter>"),
            Send("Let the app prove the domain"),
            Send("Request verification"),
            See("Enter goes on with Step 3: Import"),
            Keys("<Enter>"),
            Send("Import the certificate"),
            See("Enter goes on with Bind"),
            Keys("<Enter>"),
            Send("Bind contoso.com"),
            See("The hostname is secured"),
        ],
    },
    Job {
        what: "Replace an uploaded certificate by a PFX, and delete the old one",
        from: "1/shop-2026<Enter>",
        file: &["shop.contoso.com"],
        at_most: 8,
        acts: &[
            Keys("r"),
            See("type a path"),
            Path,
            Keys("<Enter>"),
            See("a password is needed"),
            Password,
            Keys("<Enter>"),
            See("Enter Send"),
            Keys("<Enter>"),
            Send("Bind it in place of the old one"),
            See("Enter Delete the old certificate..."),
            Keys("<Enter>"),
            See("cannot be undone"),
            Words("shop-2026"),
            Keys("<Enter>"),
            See("The certificate is replaced"),
        ],
    },
    Job {
        what: "Upload a PFX for an app, and bind it",
        from: "1",
        file: &["contoso.com"],
        at_most: 12,
        acts: &[
            Keys("a"),
            See("Upload a private certificate"),
            Keys("4"),
            See("type to filter"),
            Words("contoso-shop"),
            See("/contoso-shop"),
            Keys("<Enter>"),
            See("type a path"),
            Path,
            Keys("<Enter>"),
            See("a password is needed"),
            Password,
            Keys("<Enter>"),
            See("Enter Send"),
            Keys("<Enter>"),
            See("Enter goes on with Bind"),
            Keys("<Enter>"),
            See("Enter Send"),
            Keys("<Enter>"),
            See("The hostname is secured"),
        ],
    },
    Job {
        what: "Import from a vault that App Service may not read yet, and bind",
        from: "4/pay<Enter>",
        file: &[],
        at_most: 15,
        acts: &[
            Keys("a"),
            See("Import a certificate from Key Vault"),
            Keys("3"),
            See("kv-contoso-vault"),
            Words("contoso-vault"),
            Keys("<Enter>"),
            See("elliptic curve"),
            Words("pay-2026"),
            Keys("<Enter>"),
            Send("Grant App Service access"),
            Send("Import the certificate"),
            See("Enter goes on with Bind"),
            Keys("<Enter>"),
            See("Enter Send"),
            Keys("<Enter>"),
            See("The hostname is secured"),
        ],
    },
    Job {
        what: "Renew an order, prove its domain, sync the apps",
        from: "3/apifabrikam<Enter>",
        file: &[],
        at_most: 9,
        acts: &[
            Keys("r"),
            See("Enter Renew apifabrikam..."),
            Keys("<Enter>"),
            See("Type renew to confirm"),
            Words("renew"),
            Keys("<Enter>"),
            Send("Let the app prove the domain"),
            Send("Request verification"),
            See("Enter goes on with Sync"),
            Keys("<Enter>"),
            See("Enter Send"),
            Keys("<Enter>"),
            See("App Service has what the vault holds"),
        ],
    },
    Job {
        what: "Copy a thumbprint",
        from: "1",
        file: &[],
        at_most: 2,
        acts: &[Keys("c"), See("Copy to the clipboard"), Keys("<Enter>"), See("Copied")],
    },
    Job {
        what: "Unbind a hostname (in production its name is typed instead of y)",
        from: "4/shop.contoso<Enter>",
        file: &[],
        at_most: 3,
        acts: &[
            Keys("d"),
            See("Enter Unbind shop.contoso.com..."),
            Keys("<Enter>"),
            See("Enter Cancel"),
            Keys("y"),
            See("The hostname is unbound"),
        ],
    },
];

impl Job {
    fn keys(&self) -> usize {
        let of = |act: &Act| match act {
            Keys(keys) => Key::parse_all(keys).unwrap().len(),
            Send(_) => 2,
            Words(_) | Path | Password | See(_) => 0,
        };
        self.acts.iter().map(of).sum()
    }

    /// As a person reads it: keys, and what is typed in between in italics.
    fn written(&self) -> String {
        let act = |act: &Act| match act {
            Keys(keys) => Some(format!("`{}`", keys.trim_matches(['<', '>']))),
            Send(_) => Some("`Enter` `Enter`".to_owned()),
            Words(words) => Some(format!("*{words}*")),
            Path => Some("*path*".to_owned()),
            Password => Some("*password*".to_owned()),
            See(_) => None,
        };
        self.acts.iter().filter_map(act).collect::<Vec<_>>().join(" ")
    }

    fn play(&self) {
        let cloud = Cloud::start();
        let file = (!self.file.is_empty()).then(|| pfx(self.file));
        let mut screen = Pty::start(&[env!("CARGO_BIN_EXE_certdeck")], &cloud.environment());
        screen.wait_until("everything is read", |screen| {
            screen.contains("shop-2026") && screen.contains("just now")
        });
        screen.keys(self.from);
        if let Some((_, filter)) = self.from.split_once('/') {
            screen.wait_for(&format!(" 1/{}", if self.from.starts_with('4') { "19" } else { "" }));
            screen.wait_for(filter.trim_end_matches("<Enter>"));
        }
        for act in self.acts {
            match act {
                Keys(keys) => screen.keys(keys),
                Words(words) => screen.send(words),
                Path => screen.send(&file.as_ref().unwrap().1),
                Password => screen.send(PASSWORD),
                Send(step) => {
                    screen.wait_for(&format!("Enter {step}..."));
                    screen.keys("<Enter>");
                    screen.wait_for("Enter Send");
                    screen.keys("<Enter>");
                }
                See(text) => screen.wait_for(text),
            }
        }
    }
}

macro_rules! played {
    ($($name:ident: $at:expr,)*) => {
        $(#[test]
        fn $name() {
            JOBS[$at].play();
        })*

        #[test]
        fn every_job_takes_no_more_keys_than_was_promised() {
            let played = [$($at),*];
            assert!(played.into_iter().eq(0..JOBS.len()), "a job of the table is not played");
            for job in JOBS {
                assert!(job.keys() <= job.at_most, "{}: {} keys", job.what, job.keys());
            }
        }
    };
}

played! {
    on_screen_a_purchase_is_played_from_the_list_to_a_bound_hostname: 0,
    on_screen_a_replacement_is_played_to_the_deletion_of_the_old_certificate: 1,
    on_screen_an_upload_is_played_to_a_bound_hostname: 2,
    on_screen_an_import_is_played_with_its_grant_to_a_bound_hostname: 3,
    on_screen_a_renewal_is_played_with_its_proof_to_synced_apps: 4,
    on_screen_a_thumbprint_is_copied: 5,
    on_screen_a_hostname_is_unbound: 6,
}

fn page() -> String {
    let mut page = "# Keys\n\n\
        Generated from the table of commands and the key map; do not edit. `CERTDECK_WRITE_DOCS=1 cargo test --test flows keystrokes`\n\
        writes it. `?` shows the keys of the place where you are, first those of the row under the cursor. A `keymap.toml` in the\n\
        configuration directory adds keys and takes them away (`certdeck config path`).\n"
        .to_owned();
    let keymap = Keymap::default();
    for (title, place) in [
        ("In the lists", Place::List),
        ("In the detail of a row", Place::Detail),
        ("In the steps of a flow", Place::Wizard),
    ] {
        let _ = write!(page, "\n## {title}\n\n| keys | command | what it does |\n|---|---|---|\n");
        for entry in entries(place) {
            let keys = keymap.written(entry);
            let keys = if keys.is_empty() {
                format!("`:{}`", entry.name)
            } else {
                keys.split(' ')
                    .map(|key| format!("`{}`", key.replace('|', "\\|")))
                    .collect::<Vec<_>>()
                    .join(" ")
            };
            let _ = writeln!(page, "| {keys} | {} | {} |", entry.name, entry.words.replace('|', "\\|"));
        }
    }
    page.push_str(
        "\n## In lists to choose from and in forms\n\n\
        The arrows (or `C-n` and `C-p`) move, typing narrows the list, a digit chooses from a short one, `Enter` selects, `Esc` goes back.\n\
        In a form `Enter` goes to the next field that lacks something and offers what it takes; from the last it goes on as `Enter` does on\n\
        the steps. `Tab` and `S-Tab` go from field to field, `PgDn` to the steps. A question before a change that only adds begins on Send;\n\
        one that interrupts begins on Cancel (`y` sends); what cannot be undone or costs money is typed.\n\n\
        ## How many keys a job takes\n\n\
        From its row in the list to the proof, at 80x24, without the names and passwords that are typed. A test plays each against the\n\
        practice cloud.\n\n| job | keys | how |\n|---|---|---|\n",
    );
    for job in JOBS {
        let _ = writeln!(page, "| {} | {} | {} |", job.what, job.keys(), job.written());
    }
    page
}

#[test]
fn the_page_of_keys_is_what_the_program_has() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/keys.md");
    let page = page();
    if std::env::var_os("CERTDECK_WRITE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "write it again: CERTDECK_WRITE_DOCS=1 cargo test --test flows keystrokes");
}
