//! Answers of services: any JSON into every decoder.
#![no_main]

#[path = "../decoders.rs"]
mod decoders;

use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|octets: &[u8]| {
    let Ok(answer) = serde_json::from_slice::<Value>(octets) else { return };
    decoders::decode(&answer);
    for element in answer.get("value").and_then(Value::as_array).into_iter().flatten().take(20) {
        decoders::decode(element);
    }
});
