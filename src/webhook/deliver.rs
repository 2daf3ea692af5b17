//! The one task that tells: takes in what happens to alarms, and has for each webhook at most one
//! delivery under way, the oldest.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

use super::sender::{Parcel, refusal};
use super::store::{NewDelivery, Waiting};
use super::{Hook, WebhookError, Webhooks, envelope, new_delivery_id, store};
use crate::domain::alarm::{Alarm, AlarmEvent};
use crate::domain::order::Orders;
use crate::sqlite;

/// So many are taken in at once.
const AT_ONCE: usize = 256;
/// Where nothing is due: to give up what is too old, and to try a file that failed.
const IDLE: Duration = Duration::from_mins(1);

/// Something that happened to an alarm.
pub type News = (AlarmEvent, Arc<Alarm>);

/// How it stands with one webhook.
#[derive(Debug)]
struct Lane {
    hook: Hook,
    is_busy: bool,
    failures: u32,
    not_before: Instant,
}

/// What became of a delivery.
struct Outcome {
    waiting: Waiting,
    answer: Result<u16, String>,
}

impl Webhooks {
    /// Tells what comes by `news` until `stop`; what came before that is kept for the next run.
    /// Which webhooks a rule names, the orders say.
    pub async fn run(
        self,
        mut news: mpsc::Receiver<News>,
        orders: watch::Receiver<Arc<Orders>>,
        clock: fn() -> Timestamp,
        stop: CancellationToken,
    ) {
        let mut lanes = HashMap::new();
        let mut under_way = JoinSet::new();
        let mut batch = Vec::new();
        let mut has_news = true;
        loop {
            let due = match self.begin_due(&mut lanes, &mut under_way, clock).await {
                Ok(()) => next_due(&lanes),
                Err(error) => {
                    tracing::error!(%error, "webhooks cannot be read; nothing is told until they can");
                    Instant::now() + IDLE
                }
            };
            tokio::select! {
                () = stop.cancelled() => break,
                n = news.recv_many(&mut batch, AT_ONCE), if has_news => {
                    has_news = 0 < n;
                    self.keep(std::mem::take(&mut batch), &orders, clock()).await;
                }
                Some(done) = under_way.join_next() => {
                    if let Ok(outcome) = done {
                        self.note(&mut lanes, outcome, clock()).await;
                    }
                }
                () = self.0.news.notified() => {}
                () = tokio::time::sleep_until(due) => {}
            }
        }
        while let Ok(one) = news.try_recv() {
            batch.push(one);
        }
        self.keep(batch, &orders, clock()).await;
    }

    /// Begins with the oldest delivery of each webhook that is not busy and need not wait.
    async fn begin_due(
        &self,
        lanes: &mut HashMap<String, Lane>,
        under_way: &mut JoinSet<Outcome>,
        clock: fn() -> Timestamp,
    ) -> Result<(), WebhookError> {
        let now = clock();
        let heads = self.blocking(move |inner| {
            sqlite::transact(&mut inner.db(), |db| {
                store::give_up(db, now)?;
                store::heads(db)
            })
        });
        let heads = heads.await?;
        let is_there = |lane: &Lane| heads.iter().any(|head| head.hook.id == lane.hook.id);
        lanes.retain(|_, lane| lane.is_busy || is_there(lane));
        for waiting in heads {
            let lane = lane(lanes, &waiting.hook);
            if lane.is_busy || Instant::now() < lane.not_before {
                continue;
            }
            lane.is_busy = true;
            let sender = self.0.sender.clone();
            under_way.spawn(async move {
                let parcel = Parcel {
                    hook: &waiting.hook,
                    secret: &waiting.secret,
                    id: &waiting.id,
                    body: &waiting.body,
                };
                let answer = sender.send(parcel, clock()).await;
                Outcome { waiting, answer }
            });
        }
        Ok(())
    }

    /// Keeps what happened for each webhook that wants to be told.
    async fn keep(&self, batch: Vec<News>, orders: &watch::Receiver<Arc<Orders>>, now: Timestamp) {
        if batch.is_empty() {
            return;
        }
        let orders = Arc::clone(&orders.borrow());
        let kept = self.blocking(move |inner| {
            sqlite::transact(&mut inner.db(), |db| {
                let hooks = store::hooks(db)?;
                let hooks: Vec<Hook> = hooks.into_iter().map(|(hook, _)| hook).collect();
                store::add(db, &deliveries(&batch, &hooks, &orders, now), now)
            })
        });
        if let Err(error) = kept.await {
            tracing::error!(%error, "alarms cannot be kept for webhooks, and are not told");
        }
    }

    async fn note(&self, lanes: &mut HashMap<String, Lane>, outcome: Outcome, now: Timestamp) {
        let Outcome { waiting, answer } = outcome;
        let Waiting { n, hook, .. } = waiting;
        let error = match answer {
            Ok(200..300) => None,
            Ok(status) => Some(refusal(&hook, status)),
            Err(words) => Some(words),
        };
        let lane = lane(lanes, &hook);
        lane.is_busy = false;
        if let Some(words) = &error {
            lane.failures = lane.failures.saturating_add(1);
            let wait = self
                .0
                .pace
                .wait(lane.failures, rand::random_range(0.0..1.0));
            lane.not_before = Instant::now() + wait;
            if lane.failures == 1 {
                tracing::warn!(
                    hook = hook.id,
                    error = words,
                    "a webhook fails; it is tried again"
                );
            }
        } else {
            if 0 < lane.failures {
                tracing::info!(hook = hook.id, "a webhook is well again");
            }
            lane.failures = 0;
            let removed = self
                .blocking(move |inner| store::remove(&inner.db(), n))
                .await;
            if let Err(error) = removed {
                // It is sent again, under the same id.
                lane.not_before = Instant::now() + self.0.pace.most;
                tracing::error!(%error, "what a webhook took cannot be forgotten");
            }
        }
        let failures = lane.failures;
        let mut health = self.0.health();
        let health = health.entry(hook.id).or_default();
        health.failures = failures;
        match error {
            None => health.last_success_at = Some(now),
            Some(words) => {
                health.last_failure_at = Some(now);
                health.last_error = Some(words);
            }
        }
    }
}

/// The lane of a webhook; one that was changed need not wait.
fn lane<'a>(lanes: &'a mut HashMap<String, Lane>, hook: &Hook) -> &'a mut Lane {
    let lane = lanes.entry(hook.id.clone()).or_insert_with(|| Lane {
        hook: hook.clone(),
        is_busy: false,
        failures: 0,
        not_before: Instant::now(),
    });
    if lane.hook != *hook {
        lane.hook = hook.clone();
        lane.not_before = Instant::now();
    }
    lane
}

fn next_due(lanes: &HashMap<String, Lane>) -> Instant {
    let waiting = lanes.values().filter(|lane| !lane.is_busy);
    let soonest = waiting.map(|lane| lane.not_before).min();
    let idle = Instant::now() + IDLE;
    soonest.map_or(idle, |soonest| soonest.min(idle))
}

/// What is told to whom of `batch`, in order. A rule that names no webhook tells all of them.
fn deliveries(batch: &[News], hooks: &[Hook], orders: &Orders, now: Timestamp) -> Vec<NewDelivery> {
    let mut all = Vec::new();
    for (event, alarm) in batch {
        let named = orders.rules.get(&alarm.rule.0).map(|rule| &rule.webhooks);
        let is_named = |hook: &Hook| {
            named.is_none_or(|named| named.is_empty() || named.contains(hook.id.as_str()))
        };
        for hook in hooks
            .iter()
            .filter(|hook| hook.wants(alarm) && is_named(hook))
        {
            let id = new_delivery_id();
            all.push(NewDelivery {
                hook: hook.id.clone(),
                body: envelope::of_alarm(*event, alarm, &id, now),
                id,
                vehicle: alarm.vehicle.as_ref().map(|(id, _)| id.to_string()),
            });
        }
    }
    all
}
