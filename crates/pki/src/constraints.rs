//! Name constraints (RFC 5280, 4.2.1.10): the names that an authority may issue for.

use x509_parser::extensions::{GeneralName, GeneralSubtree, NameConstraints};
use x509_parser::prelude::X509Certificate;

use super::effort::Effort;

/// Whether all names of `certificate` satisfy the constraints. Certificates made to keep readers busy are
/// refused.
pub(super) fn permit(
    constraints: &NameConstraints<'_>,
    certificate: &X509Certificate<'_>,
    effort: &mut Effort,
) -> bool {
    let permitted = bases(constraints.permitted_subtrees.as_deref());
    let excluded = bases(constraints.excluded_subtrees.as_deref());
    let alternative = certificate.subject_alternative_name().ok().flatten();
    let mut names: Vec<GeneralName<'_>> =
        alternative.map_or_else(Vec::new, |found| found.value.general_names.clone());
    if certificate.subject().iter_rdn().next().is_some() {
        names.push(GeneralName::DirectoryName(certificate.subject().clone()));
    }
    if !effort.compare(names.len().saturating_mul(permitted.len() + excluded.len())) {
        return false;
    }
    names.iter().all(|name| {
        let same_sort =
            |base: &&&GeneralName<'_>| std::mem::discriminant(**base) == std::mem::discriminant(name);
        let mut allowed = permitted.iter().filter(same_sort).peekable();
        (allowed.peek().is_none() || allowed.any(|base| lies_within(name, base) == Some(true)))
            && excluded
                .iter()
                .filter(same_sort)
                .all(|base| lies_within(name, base) == Some(false) && !reaches_into(name, base))
    })
}

fn bases<'a>(subtrees: Option<&'a [GeneralSubtree<'a>]>) -> Vec<&'a GeneralName<'a>> {
    subtrees.unwrap_or_default().iter().map(|subtree| &subtree.base).collect()
}

/// `None` for kinds of names whose constraints are not implemented here; such names are refused.
fn lies_within(name: &GeneralName<'_>, base: &GeneralName<'_>) -> Option<bool> {
    Some(match (name, base) {
        (GeneralName::DNSName(name), GeneralName::DNSName(base)) => is_below(name, base),
        (GeneralName::IPAddress(address), GeneralName::IPAddress(network)) => {
            let (network, mask) = network.split_at_checked(address.len())?;
            mask.len() == address.len()
                && (0..mask.len()).all(|at| address[at] & mask[at] == network[at] & mask[at])
        }
        (GeneralName::RFC822Name(mailbox), GeneralName::RFC822Name(base)) => {
            match (mailbox.rsplit_once('@')?, base.rsplit_once('@')) {
                ((local, host), Some((wanted, at))) => local == wanted && host.eq_ignore_ascii_case(at),
                ((_, host), None) => is_host_of(host, base),
            }
        }
        (GeneralName::URI(uri), GeneralName::URI(base)) => {
            let authority = uri.split_once("://")?.1.split(['/', '?', '#']).next()?;
            let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
            is_host_of(host.split(':').next()?, base)
        }
        (GeneralName::DirectoryName(name), GeneralName::DirectoryName(base)) => {
            let mut parts = name.iter_rdn();
            base.iter_rdn().all(|wanted| parts.next() == Some(wanted))
        }
        _ => return None,
    })
}

/// Whether a wildcard matches a name below an excluded one, although it does not lie there itself.
fn reaches_into(name: &GeneralName<'_>, base: &GeneralName<'_>) -> bool {
    match (name, base) {
        (GeneralName::DNSName(name), GeneralName::DNSName(base)) => {
            name.strip_prefix("*.").is_some_and(|name| is_below(base, name))
        }
        _ => false,
    }
}

/// `shop.contoso.com` is below `contoso.com`, which is below itself; every name is below an empty one.
fn is_below(name: &str, base: &str) -> bool {
    let (name, base) = (name.to_ascii_lowercase(), base.trim_start_matches('.').to_ascii_lowercase());
    base.is_empty() || name == base || name.strip_suffix(&base).is_some_and(|rest| rest.ends_with('.'))
}

/// For mailboxes and URIs: a host means exactly that host, a leading dot all hosts below.
fn is_host_of(host: &str, base: &str) -> bool {
    if base.starts_with('.') {
        is_below(host, base) && host.len() >= base.len()
    } else {
        host.eq_ignore_ascii_case(base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sort_of_name_has_its_own_way_to_lie_within() {
        let dns = |name, base| lies_within(&GeneralName::DNSName(name), &GeneralName::DNSName(base));
        assert_eq!(dns("a.contoso.com", "Contoso.com"), Some(true));
        assert_eq!(dns("notcontoso.com", "contoso.com"), Some(false));
        let ip = |name, base| lies_within(&GeneralName::IPAddress(name), &GeneralName::IPAddress(base));
        assert_eq!(ip(&[10, 1, 2, 3], &[10, 0, 0, 0, 255, 0, 0, 0]), Some(true));
        assert_eq!(ip(&[11, 1, 2, 3], &[10, 0, 0, 0, 255, 0, 0, 0]), Some(false));
        let mail = |name, base| lies_within(&GeneralName::RFC822Name(name), &GeneralName::RFC822Name(base));
        assert_eq!(mail("eve@contoso.com", "contoso.com"), Some(true));
        assert_eq!(mail("eve@mail.contoso.com", "contoso.com"), Some(false));
        assert_eq!(mail("eve@mail.contoso.com", ".contoso.com"), Some(true));
        assert!(reaches_into(&GeneralName::DNSName("*.contoso.com"), &GeneralName::DNSName("a.contoso.com")));
    }
}
