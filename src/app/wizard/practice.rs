//! Playing the owner of a domain, who does not exist in a practice cloud.

use super::{Around, Wizard};
use crate::app::dialog::{Act, Choose, Dialog, Item};
use crate::app::effect::PracticeAct;
use crate::flow::{Key, RecordKind, WantedRecord};
use crate::model::{DomainName, Hostname};
use crate::tables::Tone;

impl Wizard {
    /// Offers the parts that can be played now.
    pub(in crate::app) fn open_practice(&self, around: &mut Around<'_>) {
        let wanted = self.wanted_records();
        if !wanted.is_empty() {
            let acts = wanted.iter().map(|record| {
                let note = format!("as the person who manages the DNS of {}", record.name);
                (
                    format!("Add the {} record", record.kind.as_str()),
                    note,
                    PracticeAct::PublishRecord(record.clone()),
                )
            });
            return around.layers.push(choose(acts.collect(), 0));
        }
        let found =
            self.order().and_then(|order| Some((order.token.clone()?, Hostname::parse(&order.domain).ok()?)));
        let Some((token, host)) = found else {
            return around.out.say("the order has no verification token yet; refresh with C-r", Tone::Soon);
        };
        let domain = host.base().to_owned();
        let root = DomainName(host).root().to_owned();
        let acts = [
            (
                "Add the TXT record".to_owned(),
                format!("as the person who manages the DNS of {root}"),
                PracticeAct::PublishRecord(WantedRecord::new(root, RecordKind::Txt, token.clone())),
            ),
            (
                "Publish the HTML page".to_owned(),
                format!("as the person who runs the web server of {domain}"),
                PracticeAct::PublishPage { domain: domain.clone(), token },
            ),
            (
                "Follow the link in the mail".to_owned(),
                format!("as the administrator of {domain}"),
                PracticeAct::ApproveMail { domain },
            ),
        ];
        let method = self.inputs.get(Key::Method).unwrap_or_default();
        let at = if method.contains("html") { 1 } else { 2 * usize::from(method == "mail") };
        around.layers.push(choose(acts.into(), at));
    }
}

/// Label, note and act of each part that can be played; the cursor begins `at` one.
fn choose(acts: Vec<(String, String, PracticeAct)>, at: usize) -> Dialog {
    let item = |(label, note, act): (String, String, _)| Item { label, note, then: Ok(Act::Practise(act)) };
    let choose = Choose::new("Simulate the domain owner (practice)", acts.into_iter().map(item).collect())
        .intro("A practice cloud has no owner of the domain, so you play this part.")
        .at(at);
    Dialog::Choose(choose)
}
