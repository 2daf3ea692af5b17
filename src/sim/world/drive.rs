//! Driving through a street grid: block by block, with turns, lights, and speeds to match.
//!
//! Every segment from one crossing to the next is planned when it is entered: where it leads, and
//! whether its end is passed, turned at, or stopped at. So a vehicle brakes before a corner rather
//! than in it.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::city::{City, Place};

/// Speed through a corner, metres per second.
const CORNER_MPS: f64 = 5.0;
/// Braking, metres per second squared.
const BRAKE_MPS2: f64 = 2.2;
/// Nearer than this the crossing counts as reached, metres.
const REACHED_M: f64 = 1.5;
/// Every so many streets one is an arterial, with lights where it is crossed.
const ARTERIAL_EVERY: i32 = 5;

/// One of the grid's four directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dir {
    /// Towards greater rows.
    Ahead,
    /// Towards greater columns.
    Right,
    /// Towards lesser rows.
    Back,
    /// Towards lesser columns.
    Left,
}

impl Dir {
    fn step(self) -> (i32, i32) {
        match self {
            Self::Ahead => (0, 1),
            Self::Right => (1, 0),
            Self::Back => (0, -1),
            Self::Left => (-1, 0),
        }
    }

    fn angle_deg(self) -> f64 {
        match self {
            Self::Ahead => 0.0,
            Self::Right => 90.0,
            Self::Back => 180.0,
            Self::Left => 270.0,
        }
    }
}

/// What happens at the end of the segment.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Pass,
    Turn,
    Light,
    Arrive,
}

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Still on the way.
    Underway,
    /// Standing at the trip's end.
    Arrived,
}

/// How a kind of vehicle moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Habit {
    /// Acceleration, metres per second squared.
    pub accel_mps2: f64,
    /// Multiplies the street's usual speed.
    pub haste: f64,
}

/// A vehicle's place in the grid and its trip.
#[derive(Clone, Debug, PartialEq)]
pub struct Drive {
    node: (i32, i32),
    dir: Dir,
    along_m: f64,
    next: Dir,
    target: (i32, i32),
    end: End,
    wait_s: f64,
    mood: f64,
    /// Speed now, metres per second.
    pub speed_mps: f64,
    /// Distance driven since the world began, metres.
    pub driven_m: f64,
}

impl Drive {
    /// A vehicle standing at a random crossing of `city`.
    pub fn new(city: &City, rng: &mut ChaCha8Rng) -> Self {
        let node = random_node(city, rng);
        let dir = [Dir::Ahead, Dir::Right, Dir::Back, Dir::Left][rng.random_range(0..4)];
        Self {
            node,
            dir,
            along_m: 0.0,
            next: dir,
            target: node,
            end: End::Arrive,
            wait_s: 0.0,
            mood: 1.0,
            speed_mps: 0.0,
            driven_m: 0.0,
        }
    }

    /// Starts a trip to a random crossing.
    pub fn depart(&mut self, city: &City, rng: &mut ChaCha8Rng) {
        while self.target == self.node {
            self.target = random_node(city, rng);
        }
        let dir = self.way_from(self.node, self.dir, rng);
        self.plan(dir, rng);
    }

    /// Puts a vehicle that has just departed into the middle of its first block, at speed.
    pub fn skip_ahead(&mut self, city: &City, habit: Habit, rng: &mut ChaCha8Rng) {
        self.along_m = city.block_m * rng.random_range(0.1..0.6);
        self.speed_mps = self.cruise_mps(habit) * rng.random_range(0.5..0.9);
    }

    /// Drives on for `dt_s` seconds.
    pub fn step(&mut self, city: &City, habit: Habit, dt_s: f64, rng: &mut ChaCha8Rng) -> Progress {
        if 0.0 < self.wait_s {
            self.wait_s -= dt_s;
            self.speed_mps = 0.0;
            return Progress::Underway;
        }
        let left_m = (city.block_m - self.along_m).max(0.0);
        let end_mps: f64 = match self.end {
            End::Pass => f64::INFINITY,
            End::Turn => CORNER_MPS,
            End::Light | End::Arrive => 0.0,
        };
        let allowed_mps = (end_mps * end_mps + 2.0 * BRAKE_MPS2 * left_m).sqrt();
        let wanted_mps = self.cruise_mps(habit).min(allowed_mps).max(0.8);
        let change = (wanted_mps - self.speed_mps).clamp(-4.0 * dt_s, habit.accel_mps2 * dt_s);
        self.speed_mps += change;
        self.along_m += self.speed_mps * dt_s;
        self.driven_m += self.speed_mps * dt_s;
        if city.block_m - REACHED_M <= self.along_m {
            return self.reach(city, rng);
        }
        Progress::Underway
    }

    /// Latitude and longitude in degrees.
    pub fn lat_lng(&self, city: &City) -> (f64, f64) {
        let (right, ahead) = self.dir.step();
        let x_m = f64::from(self.node.0) * city.block_m + f64::from(right) * self.along_m;
        let y_m = f64::from(self.node.1) * city.block_m + f64::from(ahead) * self.along_m;
        city.lat_lng(x_m, y_m)
    }

    /// Direction of travel in degrees clockwise from true north.
    pub fn heading_deg(&self, city: &City) -> f64 {
        (self.dir.angle_deg() + city.turn_deg).rem_euclid(360.0)
    }

    /// Where in the grid.
    pub fn place(&self) -> Place {
        Place {
            column: self.node.0,
            row: self.node.1,
            along_column: matches!(self.dir, Dir::Ahead | Dir::Back),
        }
    }

    fn on_arterial(&self) -> bool {
        let line = match self.dir {
            Dir::Ahead | Dir::Back => self.node.0,
            Dir::Right | Dir::Left => self.node.1,
        };
        line.rem_euclid(ARTERIAL_EVERY) == 0
    }

    fn cruise_mps(&self, habit: Habit) -> f64 {
        let street_mps = if self.on_arterial() { 18.0 } else { 12.5 };
        street_mps * habit.haste * self.mood
    }

    /// Arrives at the crossing ahead and does there what was planned.
    fn reach(&mut self, city: &City, rng: &mut ChaCha8Rng) -> Progress {
        let (right, ahead) = self.dir.step();
        self.node = (self.node.0 + right, self.node.1 + ahead);
        self.along_m = (self.along_m - city.block_m).max(0.0);
        match self.end {
            End::Arrive => {
                self.along_m = 0.0;
                self.speed_mps = 0.0;
                return Progress::Arrived;
            }
            End::Light => {
                self.along_m = 0.0;
                self.speed_mps = 0.0;
                self.wait_s = rng.random_range(4.0..35.0);
            }
            End::Pass | End::Turn => {}
        }
        self.plan(self.next, rng);
        Progress::Underway
    }

    /// Enters the segment in direction `dir`, and settles what will happen at its end.
    fn plan(&mut self, dir: Dir, rng: &mut ChaCha8Rng) {
        self.dir = dir;
        self.mood = rng.random_range(0.75..1.1);
        let (right, ahead) = dir.step();
        let end_node = (self.node.0 + right, self.node.1 + ahead);
        self.next = self.way_from(end_node, dir, rng);
        self.end = if end_node == self.target {
            End::Arrive
        } else if is_lit(end_node) && rng.random_bool(0.25) {
            End::Light
        } else if self.next == dir {
            End::Pass
        } else {
            End::Turn
        };
    }

    /// The direction that leads from `node` nearer to the target: mostly straight on.
    fn way_from(&self, node: (i32, i32), dir: Dir, rng: &mut ChaCha8Rng) -> Dir {
        let sideways = match self.target.0 - node.0 {
            0 => None,
            right if 0 < right => Some(Dir::Right),
            _ => Some(Dir::Left),
        };
        let onward = match self.target.1 - node.1 {
            0 => None,
            ahead if 0 < ahead => Some(Dir::Ahead),
            _ => Some(Dir::Back),
        };
        match (sideways, onward) {
            (Some(one), Some(other)) if dir == one || dir == other => {
                let turn = if dir == one { other } else { one };
                if rng.random_bool(0.18) { turn } else { dir }
            }
            (Some(way), _) | (None, Some(way)) => way,
            (None, None) => dir,
        }
    }
}

fn is_lit((column, row): (i32, i32)) -> bool {
    column.rem_euclid(ARTERIAL_EVERY) == 0 || row.rem_euclid(ARTERIAL_EVERY) == 0
}

fn random_node(city: &City, rng: &mut ChaCha8Rng) -> (i32, i32) {
    let half = city.half_blocks();
    (
        rng.random_range(-half..=half),
        rng.random_range(-half..=half),
    )
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::super::city::CITIES;
    use super::*;
    use crate::domain::units::distance_m;

    const HABIT: Habit = Habit {
        accel_mps2: 1.5,
        haste: 1.0,
    };

    fn trip(seed: u64, mut each: impl FnMut(&Drive)) -> u32 {
        let city = &CITIES[0];
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut drive = Drive::new(city, &mut rng);
        drive.depart(city, &mut rng);
        for step in 0..20_000 {
            if drive.step(city, HABIT, 0.5, &mut rng) == Progress::Arrived {
                assert_eq!(drive.node, drive.target);
                return step;
            }
            each(&drive);
        }
        panic!("the trip of seed {seed} never ends");
    }

    #[test]
    fn trips_end_at_their_target_without_leaps_and_within_the_city() {
        let city = &CITIES[0];
        let centre = city.lat_lng(0.0, 0.0);
        for seed in 0..40 {
            let mut last: Option<(f64, f64)> = None;
            trip(seed, |drive| {
                let here = drive.lat_lng(city);
                assert!(distance_m(centre, here) < city.half_m * 1.5);
                // Half a second at most at 25 m/s, and what is cut off at a crossing.
                if let Some(last) = last {
                    assert!(distance_m(last, here) < 16.0, "seed {seed}");
                }
                last = Some(here);
            });
        }
    }

    #[test]
    fn corners_are_taken_slowly_and_lights_stop_the_vehicle() {
        let (mut turns, mut halts) = (0, 0);
        for seed in 0..20 {
            let mut last = (Dir::Ahead, 0.0);
            trip(seed, |drive| {
                if drive.dir != last.0 && 0.0 < last.1 {
                    turns += 1;
                    assert!(drive.speed_mps < CORNER_MPS + 2.0, "{}", drive.speed_mps);
                }
                halts += u32::from(drive.speed_mps <= 0.0 && 0.0 < last.1);
                last = (drive.dir, drive.speed_mps);
            });
        }
        assert!(40 < turns, "{turns}");
        assert!(40 < halts, "{halts}");
    }
}
