//! A look at the cloud without a token: whether it answers, and thereby what time it has.

use jiff::Timestamp;

use super::client::Client;
use super::error::AzureError;

impl Client {
    /// Whether ARM answers at all; its clock is known afterwards, if the answer tells it.
    pub async fn reach(&self) -> Result<(), AzureError> {
        let mut url = self.cloud().arm.clone();
        url.set_path("/metadata/endpoints");
        url.set_query(Some(&format!("api-version={}", super::version::METADATA)));
        let sent = Timestamp::now();
        let answer = self.http().client().get(url.clone()).send().await;
        let answer = answer.map_err(|error| self.http().failure(&url, &error).0)?;
        self.clock().hear(answer.status(), answer.headers(), sent, Timestamp::now());
        Ok(())
    }
}
