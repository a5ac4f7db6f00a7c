# SPDX-License-Identifier: MIT
# R on the cases of stats.lua:  Rscript tests/peers/stats.R FILE
# What is computed exactly must agree to nearly all digits; what is drawn at random, within what
# another seed would change.

lines <- strsplit(readLines(commandArgs(TRUE)[1]), " ")
list_of <- function(text) as.numeric(strsplit(text, ",")[[1]])
seen <- list()
bad <- 0
judge <- function(kind, line, ours, theirs, tolerance) {
  seen[[kind]] <<- if (is.null(seen[[kind]])) 1 else seen[[kind]] + 1
  if (any(is.na(ours)) || any(abs(ours - theirs) > tolerance)) {
    bad <<- bad + 1
    cat("stats:", kind, "differs:", paste(substr(line, 1, 80), collapse = " "), "; R says", format(theirs, digits = 17), "\n")
  }
}
wilson <- function(k, n, confidence) suppressWarnings(prop.test(k, n, conf.level = confidence, correct = FALSE)$conf.int)

set.seed(1)
have_boot <- requireNamespace("boot", quietly = TRUE)
if (!have_boot) cat("stats: R's package boot is not to be had (Debian: r-cran-boot); intervals are not compared\n")
for (line in lines) {
  kind <- line[1]
  if (kind == "qnorm") {
    q <- qnorm(as.numeric(line[2]))
    judge(kind, line, as.numeric(line[3]), q, 1e-12 * max(1, abs(q)))
  } else if (kind == "pnorm") {
    p <- pnorm(as.numeric(line[2]))
    judge(kind, line, as.numeric(line[3]), p, 1e-12 * p)
  } else if (kind == "wilson") {
    v <- as.numeric(line[-1])
    judge(kind, line, v[4:5], wilson(v[1], v[2], v[3]), 1e-10)
  } else if (kind == "mcnemar") {
    v <- as.numeric(line[-1])
    p <- if (v[1] + v[2] == 0) 1 else binom.test(v[1], v[1] + v[2])$p.value
    judge(kind, line, v[3], p, 1e-11 * p)
  } else if (kind == "holm") {
    judge(kind, line, list_of(line[3]), p.adjust(list_of(line[2]), "holm"), 1e-15)
  } else if (kind == "compare") {
    d <- list_of(line[3]) - list_of(line[2])
    v <- as.numeric(line[4:7])
    judge("difference", line, v[1], mean(d), 1e-12)
    error <- sd(d) / sqrt(length(d))
    flips <- replicate(20000, mean(d * sample(c(-1, 1), length(d), TRUE)))
    p <- mean(abs(flips) >= abs(mean(d)))
    judge("sign-flip", line, v[4], p, 5 * sqrt(max(p, 1e-3) * (1 - min(p, 0.999)) / 10000) + 2e-4)
    if (have_boot) {
      b <- boot::boot(d, function(x, i) mean(x[i]), 20000)
      judge("bca", line, v[2:3], boot::boot.ci(b, type = "bca")$bca[4:5], 0.2 * error)
    }
  }
}
cat("stats: beside R:", paste(names(seen), unlist(seen), collapse = ", "), if (bad == 0) "; all agree\n" else "\n")
quit(status = if (bad == 0 && length(seen) >= 7) 0 else 1)
