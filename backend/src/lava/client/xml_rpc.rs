//! The other door of LAVA: writing the health of a device with no more than a
//! permission on that device. Must not know REST's paths.

use dxr::{FaultResponse, MethodCall, MethodResponse, Value};
use entity::device_health::DeviceHealth;

use super::{CallError, CallFailure, Client, answer::told, call::Ask};

impl Client {
    pub(super) async fn set_health_by_xml_rpc(
        &self,
        hostname: &str,
        health: DeviceHealth,
    ) -> Result<(), CallError> {
        let text = |text: &str| Value::String(text.to_owned());
        // hostname, worker, user, group, public, health, description: what is
        // nil stays as it is
        let params = vec![
            text(hostname),
            Value::Nil,
            Value::Nil,
            Value::Nil,
            Value::Nil,
            text(&health.as_str().to_uppercase()),
            Value::Nil,
        ];
        self.xml_rpc("scheduler.devices.update", params).await?;
        Ok(())
    }

    /// Writes a health that is none: LAVA looks at the permission first.
    pub(super) async fn set_no_health_by_xml_rpc(&self, hostname: &str) -> Result<(), CallError> {
        let text = |text: &str| Value::String(text.to_owned());
        let mut params = vec![text(hostname)];
        params.extend([Value::Nil, Value::Nil, Value::Nil, Value::Nil]);
        params.extend([text("NONE"), Value::Nil]);
        self.xml_rpc("scheduler.devices.update", params).await?;
        Ok(())
    }

    async fn xml_rpc(&self, method: &str, params: Vec<Value>) -> Result<Value, CallError> {
        let call = MethodCall {
            name: method.into(),
            params,
        };
        let body = call.to_xml().map_err(|_| {
            CallError::new(
                CallFailure::NotSent,
                format!("{}: {method} could not be written as XML", self.base),
            )
        })?;
        let answer = self.call(&Ask::xml(body)).await?;
        let place = format!("{} ({method})", answer.place);
        let text = answer.xml()?;
        if let Ok(response) = MethodResponse::from_xml(&text) {
            return Ok(response.value);
        }
        let fault = FaultResponse::from_xml(&text)
            .map_err(|_| CallError::garbled(format!("{place}: the answer is no XML-RPC")))?
            .fault;
        Err(refusal(&place, fault.code(), fault.string()))
    }
}

/// LAVA's faults have the codes of HTTP.
fn refusal(place: &str, code: i32, words: &str) -> CallError {
    let kind = match code {
        401 | 403 => CallFailure::Denied,
        404 => CallFailure::Missing,
        // the last ones: no such method, wrong arguments
        400..=499 | -32602..=-32600 => CallFailure::Refused,
        _ => CallFailure::Unanswered,
    };
    CallError::new(kind, format!("{place}: fault {code}: {}", told(words)))
}
