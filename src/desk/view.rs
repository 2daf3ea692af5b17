//! Views that people saved: each a name, and what stands behind the `#` of the page's address. Nobody
//! here reads anything in it.

use rusqlite::{Connection, OptionalExtension, params};

use super::error::DeskError;
use super::place::{id, name};

/// Nobody keeps more.
const VIEWS_MAX: i64 = 500;
/// No address that a page makes is longer.
const FRAGMENT_MAX_BYTES: usize = 4_096;

/// Whose views they are: a user's, or the common ones of a server without login.
pub type Owner = str;

/// A saved view, as somebody sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedView {
    /// Its name for programs.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// What stands behind the `#`.
    pub fragment: String,
    /// Everybody sees it.
    pub is_shared: bool,
    /// Of who looks.
    pub is_own: bool,
}

/// A view to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewView {
    /// Its name for people.
    pub name: String,
    /// What stands behind the `#`.
    pub fragment: String,
    /// Everybody sees it.
    pub is_shared: bool,
}

/// Those of `owner`, and those that somebody shares; by name.
pub(super) fn seen_by(db: &Connection, owner: &Owner) -> Result<Vec<SavedView>, DeskError> {
    let sql = "SELECT id, name, fragment, shared, owner = ?1 FROM view
               WHERE owner = ?1 OR shared ORDER BY name, id";
    let mut query = db.prepare_cached(sql)?;
    let rows = query.query_map([owner], |row| {
        Ok(SavedView {
            id: row.get(0)?,
            name: row.get(1)?,
            fragment: row.get(2)?,
            is_shared: row.get(3)?,
            is_own: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Keeps a view of `owner`; what they had of that id is replaced.
pub(super) fn put(
    db: &Connection,
    owner: &Owner,
    view_id: &str,
    view: &NewView,
) -> Result<(), DeskError> {
    let view_id = id(view_id)?;
    let name = name(&view.name)?;
    let n_bytes = view.fragment.len();
    if FRAGMENT_MAX_BYTES < n_bytes || view.fragment.chars().any(char::is_control) {
        let words = format!(
            "`fragment` has {n_bytes} bytes; it may have {FRAGMENT_MAX_BYTES}, and no control \
             characters"
        );
        return Err(DeskError::wrong(words));
    }
    let sql = "SELECT owner FROM view WHERE id = ?1";
    let before: Option<String> = db
        .query_row(sql, [&*view_id], |row| row.get(0))
        .optional()?;
    match before {
        Some(other) if other != owner => return Err(DeskError::Taken(view_id.to_string())),
        Some(_) => {}
        None => {
            let sql = "SELECT count(*) FROM view WHERE owner = ?1";
            let n: i64 = db.query_row(sql, [owner], |row| row.get(0))?;
            if VIEWS_MAX <= n {
                let words = format!("you have {n} views already; delete one that you do not need");
                return Err(DeskError::TooMany(words));
            }
        }
    }
    let sql = "INSERT INTO view (id, owner, name, fragment, shared) VALUES (?1, ?2, ?3, ?4, ?5)
               ON CONFLICT (id) DO UPDATE SET name = excluded.name,
               fragment = excluded.fragment, shared = excluded.shared";
    db.execute(
        sql,
        params![view_id, owner, name, view.fragment, view.is_shared],
    )?;
    Ok(())
}

/// Forgets a view of `owner`, or one that is shared, of whoever may clear up after others.
pub(super) fn remove(
    db: &Connection,
    owner: &Owner,
    clears_up: bool,
    id: &str,
) -> Result<(), DeskError> {
    let sql = "DELETE FROM view WHERE id = ?1 AND (owner = ?2 OR (shared AND ?3))";
    if db.execute(sql, params![id, owner, clears_up])? == 0 {
        return Err(DeskError::Unknown {
            what: "view of yours",
            id: super::place::shortened(id),
        });
    }
    Ok(())
}
