//! What the screens last said, as gauges. They are counted anew for each look, apart from all others,
//! so that a screen that was let go, or a figure that it tells no longer, leaves nothing behind.

use jiff::Timestamp;
use metrics_exporter_prometheus::PrometheusBuilder;

use super::Known;
use super::displays::Display;
use crate::auth::Token;
use crate::web::Web;

const BYTES_PER_MB: f64 = 1_048_576.0;

/// Of each screen, by its name and its id, as Prometheus reads it.
pub fn gauges(web: &Web) -> String {
    let recorder = PrometheusBuilder::new().build_recorder();
    metrics::with_local_recorder(&recorder, || {
        for Display { token } in Display::all(web) {
            let known = web.screens.known(&token.id);
            count(&token, &known, (web.clock)());
        }
    });
    recorder.handle().render()
}

fn count(token: &Token, known: &Known, now: Timestamp) {
    let set = |gauge: &'static str, value: f64| {
        let labels = [
            ("display", token.name.to_string()),
            ("id", token.id.to_string()),
        ];
        metrics::gauge!(gauge, &labels).set(value);
    };
    let connected = f64::from(u8::from(known.is_connected));
    set("fleetglass_display_connected", connected);
    let Some((report, at)) = &known.report else {
        return;
    };
    let n_errors = report.errors.iter().map(|error| f64::from(error.count));
    let heap_bytes = report.heap_mb.map(|mb| mb * BYTES_PER_MB);
    let age_s = now.duration_since(*at).as_secs_f64();
    let told = [
        ("fleetglass_display_report_age_seconds", Some(age_s)),
        ("fleetglass_display_uptime_seconds", Some(report.uptime_s)),
        ("fleetglass_display_frames_per_second", report.frames_per_s),
        ("fleetglass_display_heap_bytes", heap_bytes),
        ("fleetglass_display_errors", Some(n_errors.sum())),
    ];
    for (gauge, value) in told {
        if let Some(value) = value {
            set(gauge, value);
        }
    }
}
