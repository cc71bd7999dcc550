# The quantile `wanted` (0..1) of tributary_event_age_seconds, out of a page of metrics, in milliseconds: the
# bucket's bound, linear within the bucket; null where nothing was counted.
BEGIN { n = 0 }
/^tributary_event_age_seconds_bucket/ {
    match($0, /le="[^"]*"/)
    bound[n] = substr($0, RSTART + 4, RLENGTH - 5)
    count[n++] = $NF
}
END {
    total = n > 0 ? count[n - 1] : 0
    low = 0; before = 0
    for (i = 0; i < n; i++) {
        if (total > 0 && count[i] >= wanted * total) {
            high = bound[i] == "+Inf" ? low : bound[i]
            share = count[i] > before ? (wanted * total - before) / (count[i] - before) : 1
            printf "%.1f", 1000 * (low + share * (high - low))
            exit
        }
        low = bound[i]; before = count[i]
    }
    printf "null"
}
