//! A look at the cloud without a token: whether it answers, and thereby what time it has.

use jiff::Timestamp;

use super::client::Client;
use super::cloud::host_of;
use super::error::AzureError;
use super::transport;

impl Client {
    /// Whether ARM answers at all; its clock is known afterwards, if the answer tells it.
    pub async fn reach(&self) -> Result<(), AzureError> {
        let mut url = self.cloud().arm.clone();
        url.set_path("/metadata/endpoints");
        url.set_query(Some(&format!("api-version={}", super::version::METADATA)));
        let host = host_of(&url);
        let sent = Timestamp::now();
        let answer = self.http().get(url).send().await.map_err(|error| transport::failure(&host, &error).0)?;
        self.clock().hear(answer.status(), answer.headers(), sent, Timestamp::now());
        Ok(())
    }
}
