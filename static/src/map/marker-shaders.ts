// The shaders of the vehicle markers. Shapes are signed distances, so that they are crisp at any
// size and zoom: arrow (moving), disc with a bright eye (moving, heading unknown), disc with two
// bars (idling), rounded square (stopped), small disc (parked), diamond (unknown). Freshness is
// told by the filling: full (live), hollow (late), hollow in a warning colour (stale), hollow and
// struck through (offline). A cross at the upper right says that the feed is down; a soft disc, that
// the marker is past its last fix and where it is drawn a guess. A sign at the upper left tells of an
// open alarm: a disc (notice), a triangle (warning), an octagon (alarm).

import { HEADING_STEP_DEG, UNKNOWN } from "../live/columns.ts";
import { COAST_END_MS, COAST_TAU_MS } from "./glide.ts";
import { LOOK } from "./marker-buffer.ts";

export const MARKER_VERTEX = `#version 300 es
precision highp float;
precision highp int;
layout(location = 0) in vec2 corner;
layout(location = 1) in uvec2 fromXY;
layout(location = 2) in uvec2 toXY;
layout(location = 3) in uint startMs;
layout(location = 4) in float durationMs;
layout(location = 5) in uint look;
uniform uvec2 centerXY;
uniform vec2 anchorPx;
uniform vec2 viewportPx;
uniform float worldPx;
uniform float radiusPx;
uniform uint nowMs;
uniform bool onlySelected;
out vec2 spot;
out vec2 upright;
flat out float guess;
flat out float isFeedDown;
flat out int motion;
flat out int freshness;
flat out float hasHeading;
flat out float isSelected;
flat out float isChosen;
flat out int alarm;

float elapsedMs() { return float(int(nowMs - startMs)); }

float progress() {
  if (durationMs <= 0.0) return 1.0;
  float elapsed = elapsedMs();
  float along = clamp(elapsed / durationMs, 0.0, 1.0);
  if ((look & ${LOOK.mayCoast}u) == 0u) return along;
  float beyond = clamp(elapsed - durationMs, 0.0, ${COAST_END_MS.toFixed(1)});
  return along + ${COAST_TAU_MS.toFixed(1)} / durationMs * (1.0 - exp(-beyond / ${COAST_TAU_MS.toFixed(1)}));
}

void main() {
  bool selected = (look & ${LOOK.isSelected}u) != 0u;
  bool shown = (look & ${LOOK.isShown}u) != 0u && (!onlySelected || selected);
  motion = int(look & 7u);
  freshness = int((look >> ${LOOK.freshnessShift}u) & 7u);
  uvec2 steps = uvec2(look >> ${LOOK.headingFromShift}u, look >> ${LOOK.headingToShift}u) & 255u;
  hasHeading = steps.y != ${UNKNOWN}u ? 1.0 : 0.0;
  vec2 headings = vec2(steps) * ${HEADING_STEP_DEG.toFixed(1)};
  isSelected = selected ? 1.0 : 0.0;
  isChosen = (look & ${LOOK.isChosen}u) != 0u ? 1.0 : 0.0;
  alarm = int((look >> ${LOOK.alarmShift}u) & 3u);
  float along = progress();
  vec2 from = vec2(ivec2(fromXY - centerXY));
  vec2 to = vec2(ivec2(toXY - centerXY));
  vec2 px = anchorPx + mix(from, to, along) / 4294967296.0 * worldPx;
  float turn = mod(headings.y - headings.x + 540.0, 360.0) - 180.0;
  float angle = motion == 0 && hasHeading > 0.5 ? radians(headings.x + turn * min(along, 1.0)) : 0.0;
  guess = along - 1.0 > 0.0 ? 1.0 - exp(-(elapsedMs() - durationMs) / ${COAST_TAU_MS.toFixed(1)}) : 0.0;
  isFeedDown = (look & ${LOOK.isFeedDown}u) != 0u ? 1.0 : 0.0;
  spot = corner * 2.0;
  vec2 turned = vec2(spot.x * cos(angle) + spot.y * sin(angle), spot.x * sin(angle) - spot.y * cos(angle));
  px += turned * radiusPx;
  upright = vec2(turned.x, -turned.y);
  vec2 clip = px / viewportPx * 2.0 - 1.0;
  gl_Position = shown ? vec4(clip.x, -clip.y, 0.0, 1.0) : vec4(2.0, 2.0, 2.0, 1.0);
}`;

export const MARKER_FRAGMENT = `#version 300 es
precision highp float;
in vec2 spot;
in vec2 upright;
flat in float guess;
flat in float isFeedDown;
flat in int motion;
flat in int freshness;
flat in float hasHeading;
flat in float isSelected;
flat in float isChosen;
flat in int alarm;
uniform vec3 motionColor[5];
uniform vec3 staleColor;
uniform vec3 offlineColor;
uniform vec3 surfaceColor;
uniform vec3 haloColor;
uniform vec3 ringColor;
uniform vec3 badColor;
uniform vec3 warningColor;
out vec4 color;

// Distance to the arrow's outline; exact outside too, so that its halo has round corners.
float arrow(vec2 p) {
  vec2 v[4] = vec2[4](vec2(0.0, 0.98), vec2(0.68, -0.74), vec2(0.0, -0.4), vec2(-0.68, -0.74));
  float d = dot(p - v[0], p - v[0]);
  float side = 1.0;
  for (int i = 0, j = 3; i < 4; j = i, i++) {
    vec2 e = v[j] - v[i];
    vec2 w = p - v[i];
    vec2 b = w - e * clamp(dot(w, e) / dot(e, e), 0.0, 1.0);
    d = min(d, dot(b, b));
    bvec3 c = bvec3(p.y >= v[i].y, p.y < v[j].y, e.x * w.y > e.y * w.x);
    if (all(c) || all(not(c))) side = -side;
  }
  return side * sqrt(d) - 0.06;
}
float box(vec2 p, float half_, float round_) {
  vec2 d = abs(p) - vec2(half_ - round_);
  return length(max(d, 0.0)) + min(max(d.x, d.y), 0.0) - round_;
}
float diamond(vec2 p) { return (abs(p.x) + abs(p.y) - 0.82) * 0.7071; }
float bars(vec2 p) {
  vec2 d = abs(vec2(abs(p.x) - 0.24, p.y)) - vec2(0.1, 0.34);
  return max(d.x, d.y);
}

float octagon(vec2 p, float half_) {
  vec2 a = abs(p);
  return max(max(a.x, a.y), (a.x + a.y) * 0.7071) - half_;
}
float triangle(vec2 p) {
  p.y += 0.1;
  return max(-p.y - 0.4, (abs(p.x) * 1.732 + p.y) * 0.5 - 0.42) - 0.06;
}

float shape(vec2 p) {
  if (motion == 0) return hasHeading > 0.5 ? arrow(p) : length(p) - 0.74;
  if (motion == 1) return length(p) - 0.74;
  if (motion == 2) return box(p, 0.62, 0.16);
  if (motion == 3) return length(p) - 0.52;
  return diamond(p);
}

void main() {
  float d = shape(spot);
  float blur = fwidth(spot.y) + fwidth(spot.x);
  float soft = max(blur * 0.5, 0.001);
  float body = 1.0 - smoothstep(-soft, soft, d);
  float halo = 1.0 - smoothstep(-soft, soft, d - 0.2);
  float shade = 1.0 - smoothstep(0.0, 0.3, d - 0.2);

  vec3 tint = freshness >= 3 ? offlineColor : freshness == 2 ? staleColor : motionColor[min(motion, 4)];
  vec3 fill = tint;
  if (freshness >= 1) fill = mix(tint, surfaceColor, 1.0 - smoothstep(-soft, soft, d + 0.24));
  if (freshness == 0 && motion == 0 && hasHeading < 0.5) fill = mix(fill, surfaceColor, 1.0 - smoothstep(-soft, soft, length(spot) - 0.28));
  if (motion == 1) fill = mix(fill, freshness == 0 ? surfaceColor : tint, 1.0 - smoothstep(-soft, soft, bars(spot)));
  if (freshness == 3) {
    float strike = abs(spot.x - spot.y) * 0.7071 - 0.11;
    fill = mix(fill, tint, 1.0 - smoothstep(-soft, soft, strike));
  }
  vec4 under = vec4(haloColor, 1.0) * halo;
  vec4 drop = vec4(0.0, 0.0, 0.0, 0.1) * shade;
  color = vec4(drop.rgb * drop.a, drop.a);
  color = under + color * (1.0 - under.a);
  float cloud = 0.24 * guess * (1.0 - smoothstep(0.9, 1.75, length(spot)));
  color = color + vec4(tint, 1.0) * cloud * (1.0 - color.a);
  color = vec4(fill, 1.0) * body + color * (1.0 - body);
  if (isFeedDown > 0.5) {
    vec2 q = upright - vec2(0.86, 0.86);
    float badge = length(q) - 0.5;
    float cross_ = max(min(abs(q.x - q.y), abs(q.x + q.y)) * 0.7071 - 0.085, max(abs(q.x), abs(q.y)) - 0.24);
    float rim = 1.0 - smoothstep(-soft, soft, badge - 0.13);
    color = vec4(haloColor, 1.0) * rim + color * (1.0 - rim);
    float plate = 1.0 - smoothstep(-soft, soft, badge);
    vec3 sign_ = mix(badColor, surfaceColor, 1.0 - smoothstep(-soft, soft, cross_));
    color = vec4(sign_, 1.0) * plate + color * (1.0 - plate);
  }
  if (alarm > 0) {
    // At the upper left: a disc, a triangle or an octagon, each with its sign.
    vec2 q = upright - vec2(-0.98, 0.98);
    float plate = alarm == 3 ? octagon(q, 0.62) : alarm == 2 ? triangle(q) : length(q) - 0.56;
    float stem = max(abs(q.x) - 0.1, abs(q.y - 0.1) - 0.24);
    float dot_ = length(q + vec2(0.0, 0.34)) - 0.12;
    if (alarm == 1) stem = max(abs(q.x) - 0.1, abs(q.y + 0.1) - 0.24);
    if (alarm == 1) dot_ = length(q - vec2(0.0, 0.34)) - 0.12;
    vec3 ground = alarm == 3 ? badColor : alarm == 2 ? warningColor : ringColor;
    float rim = 1.0 - smoothstep(-soft, soft, plate - 0.14);
    color = vec4(haloColor, 1.0) * rim + color * (1.0 - rim);
    vec3 sign_ = mix(ground, surfaceColor, 1.0 - smoothstep(-soft, soft, min(stem, dot_)));
    float on = 1.0 - smoothstep(-soft, soft, plate);
    color = vec4(sign_, 1.0) * on + color * (1.0 - on);
  }
  if (isSelected + isChosen > 0.5) {
    // That of one among several is thinner than that of the one that is open.
    float ring = abs(length(spot) - 1.62) - (isSelected > 0.5 ? 0.13 : 0.06);
    float edge = 1.0 - smoothstep(-soft, soft, ring - 0.09);
    color = vec4(haloColor, 1.0) * edge * (1.0 - color.a) + color;
    float on = 1.0 - smoothstep(-soft, soft, ring);
    color = vec4(ringColor, 1.0) * on + color * (1.0 - on);
  }
  if (color.a < 0.004) discard;
}`;
