//! The server itself and its workers.

use serde_json::json;

use super::{
    super::{CallFailure, WorkerHealth, WorkerState},
    world::{client, recorded},
};

#[tokio::test]
async fn a_server_tells_its_release_and_who_we_are() {
    for lava in recorded() {
        let (client, _script) = client([
            lava.step("system-version"),
            lava.step("system-whoami"),
            lava.step("system-whoami-anonymous"),
            lava.step("system-version"),
        ]);
        assert_eq!(client.version().await.as_deref(), Ok(lava.release));
        assert_eq!(client.whoami().await, Ok(Some("admin".to_owned())));
        assert_eq!(client.whoami().await, Ok(None));
        // the recordings have no Date
        assert_eq!(client.server_time().await, Ok(None));
    }
}

#[tokio::test]
async fn a_worker_is_made_and_watched() {
    for lava in recorded() {
        let (client, _script) = client([
            lava.step("worker-create")
                .sent(json!({"hostname": "remote-worker", "description": "made by API"})),
            lava.step("worker-create-duplicate")
                .sent(json!({"hostname": "remote-worker", "description": ""})),
            lava.step("worker-get"),
            lava.step("perm-plain-GET_workers_lab-worker_"),
            lava.step("error-404-device")
                .at("/api/v0.2/workers/nosuch/"),
            lava.step("worker-patch-health"),
        ]);
        let made = client
            .create_worker("remote-worker", "made by API")
            .await
            .expect("worker");
        let token = made.token.as_ref().expect("token");
        assert_eq!(
            token.reveal(),
            lava.body("worker-create")["token"].as_str().expect("token")
        );
        assert!(!format!("{made:?}").contains(token.reveal()));
        assert_eq!(
            (made.health, made.state),
            (WorkerHealth::Maintenance, WorkerState::Offline)
        );
        assert_eq!((made.version, made.last_ping.is_some()), (None, true));
        let twice = client
            .create_worker("remote-worker", "")
            .await
            .expect_err("400");
        assert_eq!(twice.kind, CallFailure::Refused);
        let there = client
            .worker("remote-worker")
            .await
            .expect("answer")
            .expect("worker");
        assert_eq!(there.health, WorkerHealth::Active);
        assert!(there.token.is_some());
        // only superusers are told the token
        let seen = client
            .worker("lab-worker")
            .await
            .expect("answer")
            .expect("worker");
        assert_eq!(seen.token, None);
        assert_eq!(client.worker("nosuch").await, Ok(None));
        assert_eq!(
            client
                .set_worker_health("remote-worker", WorkerHealth::Active)
                .await,
            Ok(())
        );
    }
}
