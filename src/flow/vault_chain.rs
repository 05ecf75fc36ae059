//! The chain of a certificate as its vault keeps it (A126). It lies in the secret together with the private
//! key, which is dropped as soon as the certificates are out. Who may not read secrets is told so, and the
//! vault's policy has to do.

use super::{Case, Step};
use crate::azure::{Client, secrets};
use crate::model::{Problem, Thumbprint, Vault};
use crate::pki::{self, Certificate, CertificateChain, FileFinding, Question};
use crate::rules::{Requirement, Use};

/// What a chain can lack; all else is told by the vault itself.
const OF_THE_CHAIN: [Requirement; 3] =
    [Requirement::ChainMissingIntermediate, Requirement::ChainMissingRoot, Requirement::ChainIncomplete];

/// The certificates in a secret, without its key; or why they cannot be seen.
pub(super) async fn read(client: &Client, vault: &Vault, name: &str) -> Result<Vec<Certificate>, String> {
    let bytes = match secrets::certificate(client, &secrets::reading(vault, name)).await {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Err("there is no such secret".to_owned()),
        Err(error) if error.refusal().is_some_and(|refusal| refusal.status == 403) => {
            return Err("you may not read the secret (secrets/get)".to_owned());
        }
        Err(error) => return Err(error.to_string()),
    };
    // Opening a file derives keys, which takes a while.
    let opened = tokio::task::spawn_blocking(move || pki::certificates(&bytes));
    match opened.await {
        Ok(Ok(certificates)) => Ok(certificates),
        Ok(Err(refused)) => Err(refused.error.to_string()),
        Err(_) => Err("the work was broken off".to_owned()),
    }
}

/// What the certificates say of an import: the chain as a fact, and what stands in the way.
pub(super) fn judge(case: &Case<'_>, leaf: &Thumbprint, step: Step) -> (Step, Option<FileFinding>) {
    let certificates = match case.observed.vault_chain.here() {
        Some(Ok(certificates)) => certificates,
        Some(Err(why)) => {
            return (
                step.fact("Chain", format!("not seen: {why}; judged by the vault's policy alone")),
                None,
            );
        }
        None => return (step, None),
    };
    let Some(place) = certificates.iter().position(|one| one.thumbprint == *leaf) else {
        return (step.fact("Chain", "not seen: the secret holds another certificate"), None);
    };
    let question =
        Question { rules: case.rules, now: case.now, roots: None, host: None, empty_password: true };
    let (chain, findings) = pki::check_chain(certificates, place, &question);
    let prevents =
        |finding: &FileFinding| OF_THE_CHAIN.contains(&finding.rule) && finding.blocks.contains(&Use::Import);
    (step.fact("Chain", words(&chain)), findings.into_iter().find(prevents))
}

fn words(chain: &CertificateChain) -> String {
    match &chain.missing {
        Some(missing) => format!("{} certificates; that of {missing} is missing", chain.path.len()),
        None => format!("{} certificates, complete", chain.path.len()),
    }
}

/// Named in the words of the check of a file, instead of Azure's bare refusal (A126).
pub(super) fn problem(what: &str, finding: &FileFinding) -> Problem {
    let why = finding.seen.replace("in the file", "in the vault's secret");
    Problem::new(what, why)
        .remedy("Import the certificate into the vault again, with all intermediate certificates and the root: certdeck cert build makes the file.")
        .code(finding.rule.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

    use super::*;
    use crate::flow::sample::{NOW, inputs};
    use crate::flow::{Observed, Seen, StepId, StepStatus};
    use crate::rules::{Profile, Rules};

    /// A leaf, who signed it, and the root above.
    fn certificates() -> Vec<Certificate> {
        let ca = |name: &str| {
            let mut params = CertificateParams::default();
            params.distinguished_name.push(DnType::CommonName, name);
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params
        };
        let root = CertifiedIssuer::self_signed(ca("Root"), KeyPair::generate().unwrap()).unwrap();
        let middle = CertifiedIssuer::signed_by(ca("Middle"), KeyPair::generate().unwrap(), &root).unwrap();
        let leaf = CertificateParams::new(vec!["contoso.com".to_owned()]).unwrap();
        let leaf = leaf.signed_by(&KeyPair::generate().unwrap(), &middle).unwrap();
        pki::read((leaf.pem() + &middle.pem() + &root.pem()).as_bytes(), None).unwrap().certificates
    }

    fn judged(chain: Result<Vec<Certificate>, String>, leaf: &Thumbprint) -> (String, Option<FileFinding>) {
        let observed = Observed { vault_chain: Seen::Here(chain), ..Observed::default() };
        let (rules, inputs) = (Rules::load(Profile::Current).unwrap(), inputs());
        let case = Case {
            observed: &observed,
            inputs: &inputs,
            rules: &rules,
            now: NOW.parse().unwrap(),
            refusals: Vec::new(),
        };
        let (step, finding) = judge(&case, leaf, Step::new(StepId::IN_VAULT, "", StepStatus::Ready));
        (step.facts[0].1.clone(), finding)
    }

    #[test]
    fn a_chain_that_lacks_a_certificate_is_named_instead_of_azures_bare_refusal_a126() {
        let whole = certificates();
        let leaf = whole[0].thumbprint.clone();
        assert_eq!(judged(Ok(whole.clone()), &leaf), ("3 certificates, complete".to_owned(), None));
        for (left, missing, rule) in
            [(1, "Middle", Requirement::ChainMissingIntermediate), (2, "Root", Requirement::ChainMissingRoot)]
        {
            let (words, finding) = judged(Ok(whole[..left].to_vec()), &leaf);
            let problem = problem("Import from kv", &finding.unwrap());
            assert!(
                words.contains(missing) && problem.why.contains("in the vault's secret"),
                "{words}: {problem}"
            );
            assert_eq!(problem.code.as_deref(), Some(rule.to_string().as_str()));
        }
    }

    #[test]
    fn who_may_not_read_the_secret_is_told_that_the_policy_alone_was_judged() {
        let leaf = certificates()[0].thumbprint.clone();
        let (words, finding) = judged(Err("you may not read the secret".to_owned()), &leaf);
        assert!(words.contains("policy alone") && finding.is_none(), "{words}");
    }
}
