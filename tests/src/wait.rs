//! Waiting for a condition: in goes a question, out comes the moment when it is
//! answered with yes, or a panic that says what was waited for.

use std::future::Future;
use std::time::Duration;

/// How long anything is waited for. Only a failure takes as long, so it leaves room
/// for a machine that is busy with other things.
pub const LIMIT: Duration = Duration::from_secs(60);

/// Waits until `holds` answers `true`, and panics after [`LIMIT`].
///
/// ```no_run
/// # async fn f(server: &hotconfig_tests::Server) {
/// hotconfig_tests::eventually("the member to answer", || async {
///     server.client().await.status().await.is_ok()
/// })
/// .await;
/// # }
/// ```
///
/// # Panics
///
/// When the condition did not hold in time, naming `what` was waited for.
#[track_caller]
pub fn eventually<F, A>(what: &str, mut holds: F) -> impl Future<Output = ()>
where
    F: FnMut() -> A,
    A: Future<Output = bool>,
{
    let caller = std::panic::Location::caller();
    async move {
        // The answer itself may hang, for instance at a stopped member.
        let asking = async {
            while !holds().await {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let answered = tokio::time::timeout(LIMIT, asking).await.is_ok();
        assert!(answered, "{caller}: waited {LIMIT:?} in vain for {what}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_asks_until_the_answer_is_yes() {
        let mut left = 3;
        eventually("three questions", || {
            left -= 1;
            let holds = left == 0;
            async move { holds }
        })
        .await;
        assert_eq!(left, 0);
    }

    #[tokio::test(start_paused = true)]
    #[should_panic(expected = "in vain for a miracle")]
    async fn it_says_what_it_waited_for() {
        eventually("a miracle", || async { false }).await;
    }

    #[tokio::test(start_paused = true)]
    #[should_panic(expected = "in vain for an answer")]
    async fn a_question_that_hangs_ends_too() {
        eventually("an answer", std::future::pending).await;
    }
}
