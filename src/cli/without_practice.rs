//! Stands for `practice` where the program is built without the practice cloud: the screen offers none.

use super::CliError;
use super::session::Session;
use crate::config::Target;

#[derive(Default)]
pub(super) struct Beside {}

impl Beside {
    #[allow(clippy::unused_async, reason = "the same as with the practice cloud")]
    pub(super) async fn target(&self, _: &Session) -> Result<Target, CliError> {
        Err(CliError::Usage("this certdeck was built without the practice cloud".to_owned()))
    }

    #[allow(clippy::unused_async, reason = "the same as with the practice cloud")]
    pub(super) async fn end(&self) {}
}
