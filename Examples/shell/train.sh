#!/bin/sh
# Fits a line through the petals of 150 irises by gradient descent with momentum, in plain sh and awk.
#
# train.sh LEARNING_RATE MOMENTUM WEIGHT_DECAY; the rest of the job is in the environment. A unit of resource is ten steps.
set -eu
export LC_ALL=C

data=../../Datasets/iris.csv
saved=$ASH_CHECKPOINT/state
mkdir -p "$ASH_CHECKPOINT"
rm -f "$saved.new"

# The state is a line: resource, slope, intercept, and the velocity of each. One that is further than the job, left by a
# study that was killed, is not used.
state="0 0 0 0 0"
if [ -f "$saved" ] && [ "$(cut -d ' ' -f 1 "$saved")" -le "$ASH_RESOURCE" ]; then
  state=$(cat "$saved")
fi

awk -F, -v rate="$1" -v momentum="$2" -v decay="$3" -v target="$ASH_RESOURCE" -v state="$state" -v new="$saved.new" '
  BEGIN { split(state, s, " "); slope = s[2]; intercept = s[3]; slope_speed = s[4]; intercept_speed = s[5] }
  # Every fifth flower validates.
  NR > 1 { if (NR % 5) { n++; x[n] = $3; y[n] = $4 } else { m++; u[m] = $3; v[m] = $4 } }
  END {
    for (step = s[1] * 10; step < target * 10; step++) {
      a = decay * slope; b = 0
      for (i = 1; i <= n; i++) {
        residual = slope * x[i] + intercept - y[i]
        a += 2 * residual * x[i] / n; b += 2 * residual / n
      }
      slope += slope_speed = momentum * slope_speed - rate * a
      intercept += intercept_speed = momentum * intercept_speed - rate * b
    }
    for (i = 1; i <= m; i++) loss += (slope * u[i] + intercept - v[i]) ^ 2 / m
    # Far from any number that a computer has: diverged.
    if (!(loss < 1e6)) { print "{\"loss\": \"nan\"}"; exit }
    # All digits, so that training goes on exactly where it was.
    printf "%d %.17g %.17g %.17g %.17g\n", target, slope, intercept, slope_speed, intercept_speed > new
    printf "{\"loss\": %.17g, \"slope\": %.17g, \"intercept\": %.17g}\n", loss, slope, intercept
  }
' "$data" > "$saved.result"

# In one step, so that a job that is killed leaves the old state or the new one.
if [ -f "$saved.new" ]; then mv "$saved.new" "$saved"; fi
cat "$saved.result"
