//! What will break, and the looks from outside that tell: what DNS says, what a hostname really serves, and how
//! that came to be. Reads only.

pub mod custody;
pub mod dns;
pub mod findings;
pub mod tls;
