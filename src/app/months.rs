//! The coming twelve months: what ends in each, to see a season of renewals before it is there.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::App;
use super::dialog::{Act, Choose, Dialog, Item};
use crate::flow::usage::some_of;
use crate::model::ResourceId;
use crate::tables::PaneName;

const MONTHS: usize = 12;

/// A cell of a bar, in every look.
const BAR: char = '#';

/// The longest bar, in cells.
const LONGEST: usize = 12;

/// What ends within a month, the earliest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Month {
    ends: Vec<(Timestamp, PaneName, ResourceId, String)>,
}

impl App {
    pub(super) fn open_months(&mut self) {
        let first = month_of(self.clock.now);
        let months = self.months();
        let most = months.iter().map(|month| month.ends.len()).max().unwrap_or(0).max(1);
        // From a month in which nothing ends, Enter goes to what ends next, or else last.
        let last = months.iter().rev().find_map(|month| month.ends.last());
        let next = |nth: usize| months[nth..].iter().find_map(|month| month.ends.first()).or(last);
        let item = |(nth, month): (usize, &Month)| {
            let label = nth_month(first, nth).strftime("%b %Y").to_string();
            let bar: String = std::iter::repeat_n(BAR, (month.ends.len() * LONGEST).div_ceil(most)).collect();
            let names: Vec<String> = month.ends.iter().map(|(.., name)| name.clone()).collect();
            let words = if names.is_empty() { "nothing ends".to_owned() } else { some_of(&names) };
            Item {
                label,
                note: format!("{:>4} {bar:<LONGEST$} {words}", month.ends.len()),
                then: match next(nth) {
                    Some((_, pane, id, _)) => Ok(Act::Follow(*pane, id.clone())),
                    None => Err("nothing ends in the year ahead".to_owned()),
                },
            }
        };
        let items = months.iter().enumerate().map(item).collect();
        let choose = Choose::new("The year ahead", items).intro(
            "Private and public certificates by the month in which they end, and orders by the end of their paid \
             term. Enter goes to what ends first from there on; F comes back.",
        );
        self.layers.push(Dialog::Choose(choose));
    }

    fn months(&self) -> Vec<Month> {
        let estate = &self.inventory.estate;
        let private = estate.certificates.iter().map(|one| (one.expires, PaneName::Private, &one.id));
        let public = estate.public_certificates.iter().map(|one| (one.expires, PaneName::Public, &one.id));
        let orders = estate.orders.iter().map(|one| (one.term_ends, PaneName::Orders, &one.id));
        let (now, first) = (self.clock.now, month_of(self.clock.now));
        let mut months = vec![Month::default(); MONTHS];
        for (ends, pane, id) in private.chain(public).chain(orders) {
            let Some(ends) = ends.filter(|ends| *ends > now) else { continue };
            let nth = usize::try_from(number(month_of(ends)) - number(first)).unwrap_or(MONTHS);
            if nth < MONTHS {
                let is_order = pane == PaneName::Orders;
                let name = if is_order { format!("{} (order)", id.name()) } else { id.name().to_owned() };
                months[nth].ends.push((ends, pane, id.clone(), name));
            }
        }
        for month in &mut months {
            month.ends.sort_by(|(a, .., a_name), (b, .., b_name)| a.cmp(b).then_with(|| a_name.cmp(b_name)));
        }
        months
    }
}

/// The first day of the month, in UTC as Azure counts.
fn month_of(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date().first_of_month()
}

/// Months since the year 0.
fn number(month: Date) -> i32 {
    i32::from(month.year()) * 12 + i32::from(month.month())
}

fn nth_month(first: Date, nth: usize) -> Date {
    let months = i32::try_from(nth).unwrap_or(0);
    first.checked_add(months.months()).unwrap_or(first)
}
