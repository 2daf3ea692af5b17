//! The file of webhooks and of what waits to be told: `webhooks.sqlite` in the state directory. The
//! secrets in it can sign, so nobody else may read it.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};
use secrecy::{ExposeSecret, SecretString};

use super::error::WebhookError;
use super::hook::Hook;
use crate::sqlite::Kind;

/// Of one webhook no more waits; the oldest go.
pub(super) const WAITING_MAX: usize = 1_000;
/// What nobody took for so long is old news.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24);

/// `text` is JSON of the webhook; `vehicle` is the one that a delivery tells of.
pub(super) const KIND: Kind = Kind {
    file: "webhooks.sqlite",
    // `FLGW`: the mark of this file.
    application: 0x464c_4757,
    steps: &["
    CREATE TABLE hook (id TEXT PRIMARY KEY, text TEXT NOT NULL, secret TEXT NOT NULL,
        dropped INTEGER NOT NULL DEFAULT 0);
    CREATE TABLE delivery (n INTEGER PRIMARY KEY AUTOINCREMENT,
        hook TEXT NOT NULL REFERENCES hook ON DELETE CASCADE, id TEXT NOT NULL,
        made_at INTEGER NOT NULL, vehicle TEXT, body TEXT NOT NULL);
    CREATE INDEX delivery_hook ON delivery (hook, n);
    CREATE INDEX delivery_vehicle ON delivery (vehicle);
"],
};

/// A delivery that waits.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) n: i64,
    pub(super) id: String,
    pub(super) body: String,
    pub(super) hook: Hook,
    pub(super) secret: SecretString,
}

/// A delivery to be kept.
#[derive(Clone, Debug)]
pub(super) struct NewDelivery {
    pub(super) hook: String,
    pub(super) id: String,
    pub(super) vehicle: Option<String>,
    pub(super) body: String,
}

/// How many wait for a webhook, and how many were dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) waiting: u64,
    pub(super) dropped: u64,
}

pub(super) fn hooks(db: &Connection) -> Result<Vec<(Hook, Counts)>, WebhookError> {
    let sql = "SELECT id, text, dropped, (SELECT count(*) FROM delivery WHERE hook = hook.id)
               FROM hook ORDER BY id";
    let mut query = db.prepare_cached(sql)?;
    let mut rows = query.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let count =
            |nth| Ok::<_, WebhookError>(u64::try_from(row.get::<_, i64>(nth)?).unwrap_or(0));
        let counts = Counts {
            waiting: count(3)?,
            dropped: count(2)?,
        };
        all.push((hook(row, 0, 1)?, counts));
    }
    Ok(all)
}

/// The webhook and its secret.
pub(super) fn find(
    db: &Connection,
    id: &str,
) -> Result<Option<(Hook, SecretString)>, WebhookError> {
    let mut query = db.prepare_cached("SELECT id, text, secret FROM hook WHERE id = ?1")?;
    let mut rows = query.query([id])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let secret: String = row.get(2)?;
    Ok(Some((hook(row, 0, 1)?, secret.into())))
}

pub(super) fn write(
    db: &Connection,
    hook: &Hook,
    secret: &SecretString,
) -> Result<(), WebhookError> {
    let text = serde_json::to_string(&hook.to_stored());
    let text = text.map_err(|_never| WebhookError::Damaged)?;
    let sql = "INSERT INTO hook (id, text, secret) VALUES (?1, ?2, ?3)
               ON CONFLICT (id) DO UPDATE SET text = excluded.text, secret = excluded.secret";
    db.execute(sql, params![hook.id, text, secret.expose_secret()])?;
    Ok(())
}

/// Keeps deliveries; of webhooks with too many the oldest go, and are counted.
pub(super) fn add(
    db: &Connection,
    new: &[NewDelivery],
    now: Timestamp,
) -> Result<(), WebhookError> {
    for delivery in new {
        let sql = "INSERT INTO delivery (hook, id, made_at, vehicle, body)
                   SELECT id, ?2, ?3, ?4, ?5 FROM hook WHERE id = ?1";
        let made_at = now.as_millisecond();
        let NewDelivery {
            hook,
            id,
            vehicle,
            body,
        } = delivery;
        db.execute(sql, params![hook, id, made_at, vehicle, body])?;
        let most = i64::try_from(WAITING_MAX).unwrap_or(i64::MAX);
        let sql = "DELETE FROM delivery WHERE hook = ?1 AND n <= (SELECT n FROM delivery
                   WHERE hook = ?1 ORDER BY n DESC LIMIT 1 OFFSET ?2)";
        let n_dropped = db.execute(sql, params![hook, most])?;
        drop_counted(db, hook, n_dropped)?;
    }
    Ok(())
}

/// The oldest delivery of each webhook that is on.
pub(super) fn heads(db: &Connection) -> Result<Vec<Waiting>, WebhookError> {
    let sql = "SELECT hook.id, text, secret, n, delivery.id, body FROM hook JOIN delivery
               ON n = (SELECT min(n) FROM delivery WHERE hook = hook.id)";
    let mut query = db.prepare_cached(sql)?;
    let mut rows = query.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let secret: String = row.get(2)?;
        let waiting = Waiting {
            hook: hook(row, 0, 1)?,
            secret: secret.into(),
            n: row.get(3)?,
            id: row.get(4)?,
            body: row.get(5)?,
        };
        if waiting.hook.is_enabled {
            all.push(waiting);
        }
    }
    Ok(all)
}

/// Forgets a delivery that was taken.
pub(super) fn remove(db: &Connection, n: i64) -> Result<(), WebhookError> {
    db.execute("DELETE FROM delivery WHERE n = ?1", [n])?;
    Ok(())
}

/// Gives up what is too old.
pub(super) fn give_up(db: &Connection, now: Timestamp) -> Result<(), WebhookError> {
    let since = now.saturating_sub(KEPT_FOR).unwrap_or(Timestamp::MIN);
    let since = since.as_millisecond();
    let sql = "SELECT hook, count(*) FROM delivery WHERE made_at < ?1 GROUP BY hook";
    let mut query = db.prepare_cached(sql)?;
    let old = query.query_map([since], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let old: Vec<(String, i64)> = old.collect::<Result<_, _>>()?;
    for (hook, n) in &old {
        drop_counted(db, hook, usize::try_from(*n).unwrap_or(0))?;
    }
    if !old.is_empty() {
        db.execute("DELETE FROM delivery WHERE made_at < ?1", [since])?;
    }
    Ok(())
}

fn drop_counted(db: &Connection, hook: &str, n: usize) -> Result<(), WebhookError> {
    if 0 < n {
        let n = i64::try_from(n).unwrap_or(i64::MAX);
        let sql = "UPDATE hook SET dropped = dropped + ?2 WHERE id = ?1";
        db.execute(sql, params![hook, n])?;
    }
    Ok(())
}

/// Forgets what waits to be told of a vehicle.
pub(super) fn forget_vehicle(db: &Connection, vehicle: &str) -> Result<(), WebhookError> {
    db.execute("DELETE FROM delivery WHERE vehicle = ?1", [vehicle])?;
    // The bytes in the log too, not only those in the file.
    let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
    let _: Option<i64> = db.query_row(sql, [], |row| row.get(0)).optional()?;
    Ok(())
}

fn hook(row: &Row<'_>, id: usize, text: usize) -> Result<Hook, WebhookError> {
    let (id, text): (String, String) = (row.get(id)?, row.get(text)?);
    let stored = serde_json::from_str(&text).map_err(|_odd| WebhookError::Damaged)?;
    Hook::from_stored(&id, stored).map_err(|_odd| WebhookError::Damaged)
}
