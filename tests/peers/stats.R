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
# Kappa and its error, from the definition, in matrices; the error beside the delta method done by
# numbers: the slope of kappa in each cell's share.
kappa_of <- function(p, w) { e <- outer(rowSums(p), colSums(p)); (sum(w * p) - sum(w * e)) / (1 - sum(w * e)) }
kappa <- function(first, second, kind) {
  levels <- sort(unique(c(first, second)))
  p <- table(factor(first, levels), factor(second, levels)) / length(first)
  p <- matrix(as.numeric(p), length(levels))
  far <- abs(outer(levels, levels, "-")) / (max(levels) - min(levels))
  w <- list(1 * (far == 0), 1 - far, 1 - far^2)[[kind]]
  slope <- p
  for (i in seq_along(p)) {
    step <- 1e-5
    up <- p; up[i] <- up[i] + step
    down <- p; down[i] <- down[i] - step
    slope[i] <- (kappa_of(up, w) - kappa_of(down, w)) / (2 * step)
  }
  c(kappa_of(p, w), sqrt(max(0, sum(p * slope^2) - sum(p * slope)^2) / length(first)))
}
# The score of a difference d of two paired shares, from the definition: b of n went down, c up, and the
# share q that goes down is where the likelihood is greatest. The interval holds the d that it does not reject.
tango_score <- function(b, c, n, d) {
  part <- function(k, share) if (k > 0) k * log(share) else 0
  likelihood <- function(q) part(b, q) + part(c, q + d) + part(n - b - c, 1 - 2 * q - d)
  q <- optimize(likelihood, c(max(0, -d), (1 - d) / 2), maximum = TRUE, tol = 1e-14)$maximum
  (c - b - n * d) / sqrt(n * (2 * q + d - d^2))
}
tango <- function(b, c, n, confidence) {
  z <- qnorm((1 + confidence) / 2)
  at <- function(z, low, high) uniroot(function(d) tango_score(b, c, n, d) - z, c(low, high), tol = 1e-12)$root
  most <- 1 - 1e-9
  seen <- max(-most, min(most, (c - b) / n))
  c(if (b == n) -1 else at(z, -most, seen), if (c == n) 1 else at(-z, seen, most))
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
  } else if (kind == "tango") {
    v <- as.numeric(line[-1])
    judge(kind, line, v[5:6], tango(v[1], v[2], v[3], v[4]), 1e-6)
  } else if (kind == "mcnemar") {
    v <- as.numeric(line[-1])
    p <- if (v[1] + v[2] == 0) 1 else binom.test(v[1], v[1] + v[2])$p.value
    judge(kind, line, v[3], p, 1e-11 * p)
  } else if (kind == "holm") {
    judge(kind, line, list_of(line[3]), p.adjust(list_of(line[2]), "holm"), 1e-15)
  } else if (kind == "kappa") {
    r <- kappa(list_of(line[3]), list_of(line[4]), as.numeric(line[2]))
    v <- as.numeric(line[5:8])
    judge("kappa", line, v[1], r[1], 1e-10)
    judge("kappa-error", line, v[2], r[2], 1e-6)
    judge("kappa-interval", line, v[3:4], pmax(-1, pmin(1, r[1] + c(-1, 1) * qnorm(0.975) * r[2])), 1e-5)
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
quit(status = if (bad == 0 && length(seen) >= 11) 0 else 1)
