//! A look at the cloud without a token: whether it answers, and what time it has.

use jiff::Timestamp;

use super::client::Client;
use super::cloud::host_of;
use super::error::AzureError;
use super::transport;

impl Client {
    /// The clock of ARM as its answers say it, to the second; nothing if they do not.
    pub async fn clock(&self) -> Result<Option<Timestamp>, AzureError> {
        let mut url = self.cloud().arm.clone();
        url.set_path("/metadata/endpoints");
        url.set_query(Some(&format!("api-version={}", super::version::METADATA)));
        let host = host_of(&url);
        let answer = self.http().get(url).send().await.map_err(|error| transport::failure(&host, &error).0)?;
        let date = answer.headers().get("date").and_then(|value| value.to_str().ok());
        Ok(date.and_then(|text| jiff::fmt::rfc2822::parse(text).ok()).map(|zoned| zoned.timestamp()))
    }
}
