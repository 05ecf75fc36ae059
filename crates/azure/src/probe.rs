//! A request to the cloud without a token: whether it answers, and its clock.

use jiff::Timestamp;

use super::client::Client;
use super::error::AzureError;

impl Client {
    /// Checks that ARM answers; afterwards its clock is known, if the answer contained it.
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
