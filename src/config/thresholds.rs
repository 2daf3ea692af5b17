//! `[motion]`, `[freshness]`, `[merging]` and `[health]`: the thresholds of the rules, where the
//! operator wants others.
//!
//! What is absent keeps its default. What contradicts itself is refused: a `late` that ends
//! before `live` would never be seen, and nobody would know why.

use jiff::SignedDuration;

use super::document::{ConfigError, Section};
use crate::domain::thresholds::{
    Ages, Bounds, FreshnessThresholds, HealthThresholds, MergingThresholds, MotionThresholds,
    PositionThresholds,
};
use crate::domain::units::kmh_to_mps;

/// Longer than this is a slip of the pen.
const LONGEST: SignedDuration = SignedDuration::from_hours(366 * 24);

/// Reads `[motion]`.
pub fn motion(section: Option<Section<'_>>) -> Result<MotionThresholds, ConfigError> {
    let mut rules = MotionThresholds::default();
    let Some(mut section) = section else {
        return Ok(rules);
    };
    speed(&mut section, "moving_from_kmh", &mut rules.moving_from_mps)?;
    speed(&mut section, "slow_below_kmh", &mut rules.slow_below_mps)?;
    metres(
        &mut section,
        "confirmed_from_m",
        &mut rules.confirmed_from_m,
    )?;
    metres(&mut section, "displaced_m", &mut rules.displaced_m)?;
    metres(&mut section, "stands_within_m", &mut rules.stands_within_m)?;
    lasting(&mut section, "stands_after", &mut rules.stands_after)?;
    lasting(&mut section, "parked_after", &mut rules.parked_after)?;
    lasting(&mut section, "idling_after", &mut rules.idling_after)?;
    lasting(
        &mut section,
        "ignition_known_for",
        &mut rules.ignition_known_for,
    )?;
    lasting(
        &mut section,
        "ignition_on_from",
        &mut rules.ignition_on_from,
    )?;
    lasting(&mut section, "unknown_after", &mut rules.unknown_after)?;
    if rules.moving_from_mps < rules.slow_below_mps {
        return Err(section.error(
            "`moving_from_kmh` is below `slow_below_kmh`: a fix would be slow and fast at once",
        ));
    }
    section.finish()?;
    Ok(rules)
}

/// Reads `[freshness]` or a source's own; what is absent there is as in `before`.
pub fn freshness(
    section: Option<Section<'_>>,
    before: &FreshnessThresholds,
) -> Result<FreshnessThresholds, ConfigError> {
    let mut rules = *before;
    let Some(mut section) = section else {
        return Ok(rules);
    };
    if let Some(column) = section.section("on_the_move")? {
        column_of(
            column,
            &mut rules.on_the_move,
            &mut rules.expected_on_the_move,
        )?;
    }
    if let Some(column) = section.section("at_rest")? {
        column_of(column, &mut rules.at_rest, &mut rules.expected_at_rest)?;
    }
    lasting(&mut section, "gps_stuck_after", &mut rules.stuck_after)?;
    section.finish()?;
    Ok(rules)
}

/// Reads `[merging]`.
pub fn merging(section: Option<Section<'_>>) -> Result<MergingThresholds, ConfigError> {
    let mut rules = MergingThresholds::default();
    let Some(mut section) = section else {
        return Ok(rules);
    };
    positions_of(&mut section, &mut rules.positions)?;
    lasting(
        &mut section,
        "diverging_within",
        &mut rules.diverging_within,
    )?;
    metres(
        &mut section,
        "diverging_beyond_m",
        &mut rules.diverging_beyond_m,
    )?;
    section.finish()?;
    Ok(rules)
}

/// Reads a source's own `[source.merging]`; what is absent there is as in `before`.
pub fn positions(
    mut section: Section<'_>,
    before: &PositionThresholds,
) -> Result<PositionThresholds, ConfigError> {
    let mut rules = *before;
    positions_of(&mut section, &mut rules)?;
    section.finish()?;
    Ok(rules)
}

/// Reads what `[merging]` and a source's own have in common.
fn positions_of(
    section: &mut Section<'_>,
    rules: &mut PositionThresholds,
) -> Result<(), ConfigError> {
    lasting(section, "hold", &mut rules.hold)?;
    metres(section, "poor_beyond_m", &mut rules.poor_beyond_m)?;
    lasting(section, "clock_ahead_after", &mut rules.clock_ahead_after)
}

/// Reads `[health]` or a source's own; what is absent there is as in `before`.
pub fn health(
    section: Option<Section<'_>>,
    before: &HealthThresholds,
) -> Result<HealthThresholds, ConfigError> {
    let mut rules = *before;
    let Some(mut section) = section else {
        return Ok(rules);
    };
    lasting(&mut section, "connecting_for", &mut rules.connecting_for)?;
    lasting(&mut section, "down_after", &mut rules.down_after)?;
    section.finish()?;
    Ok(rules)
}

fn column_of(
    mut section: Section<'_>,
    ages: &mut Ages,
    expected: &mut Bounds,
) -> Result<(), ConfigError> {
    lasting(&mut section, "live", &mut ages.live)?;
    lasting(&mut section, "late", &mut ages.late)?;
    lasting(&mut section, "stale", &mut ages.stale)?;
    lasting(&mut section, "expected_min", &mut expected.min)?;
    lasting(&mut section, "expected_max", &mut expected.max)?;
    if ages.late < ages.live || ages.stale < ages.late {
        return Err(
            section.error("`live`, `late` and `stale` must not be shorter one than the one before")
        );
    }
    if expected.max < expected.min {
        return Err(section.error("`expected_max` is shorter than `expected_min`"));
    }
    section.finish()
}

fn speed(section: &mut Section<'_>, key: &str, mps: &mut f64) -> Result<(), ConfigError> {
    let mut kmh = *mps * 3.6;
    let is_given = measure(section, key, 150.0, &mut kmh)?;
    if is_given {
        *mps = kmh_to_mps(kmh);
    }
    Ok(())
}

fn metres(section: &mut Section<'_>, key: &str, m: &mut f64) -> Result<(), ConfigError> {
    measure(section, key, 100_000.0, m).map(drop)
}

/// Whether `key` is given; a number above 0 and up to `max`.
fn measure(
    section: &mut Section<'_>,
    key: &str,
    max: f64,
    value: &mut f64,
) -> Result<bool, ConfigError> {
    let Some((number, span)) = section.number(key)? else {
        return Ok(false);
    };
    if !(0.0 < number && number <= max) {
        let problem = format!("`{key}` is {number}; it must be above 0 and at most {max}");
        return Err(section.error_at(&span, problem));
    }
    *value = number;
    Ok(true)
}

fn lasting(
    section: &mut Section<'_>,
    key: &str,
    value: &mut SignedDuration,
) -> Result<(), ConfigError> {
    let Some((duration, span)) = section.duration(key)? else {
        return Ok(());
    };
    let duration = SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX);
    if duration.is_zero() || LONGEST < duration {
        let problem = format!("`{key}` must be above 0 and at most 366d");
        return Err(section.error_at(&span, problem));
    }
    *value = duration;
    Ok(())
}
