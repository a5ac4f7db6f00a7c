-- SPDX-License-Identifier: MIT
-- Standard retry mode: classes, costs, delays; the shared cases and our own copy of their
-- shape when the shared data are not there.

local lu = require "luaunit"
local json = require "moonrock.json"
local retry = require "moonrock.aws.retry"
local time = require "moonrock.time"

local function one() return 1.0 end

local function load_cases()
  for _, path in ipairs { "../shared/data/retries/retry-cases.json", "tests/data/retry-cases.json" } do
    local file = io.open(path, "rb")
    if file then
      local text = file:read("a")
      file:close()
      return assert(json.decode(text)).standardRetryIntegrationTestCases, path
    end
  end
end

TestCases = {}

local outcomes = { retry = "retry_request", attempts = "max_attempts_exceeded", quota = "retry_quota_exceeded" }

local function play(case)
  local given = case.given
  local quota = retry.quota(given.initial_retry_tokens)
  local attempts
  for index, step in ipairs(case.responses) do
    attempts = attempts or retry.attempts(quota, {
      max_attempts = given.max_attempts, max_backoff = given.max_backoff_time, jitter = one,
    })
    local where = string.format("%s, response %d", case.name, index)
    local outcome, delay
    if step.response.status_code == 200 then
      attempts:succeeded()
      outcome, attempts = "success", nil
    else
      local verdict
      verdict, delay = attempts:failed(retry.classify { code = "X", status = step.response.status_code })
      outcome = outcomes[verdict]
      if verdict ~= "retry" then attempts = nil end
    end
    lu.assertEquals(outcome, step.expected.outcome, where)
    lu.assertEquals(quota.tokens, step.expected.retry_quota, where)
    if step.expected.delay then
      lu.assertAlmostEquals(delay, step.expected.delay, 1e-9, where)
    end
  end
end

function TestCases:test_standard_mode_cases()
  local cases, path = load_cases()
  lu.assertNotNil(cases)
  for _, case in ipairs(cases) do
    play(case)
  end
  print(string.format("retry cases: %d of %s, none excluded", #cases, path))
end

TestClassify = {}

local function class(code, status, retryable)
  return retry.classify { code = code, status = status, retryable = retryable }
end

function TestClassify:test_throttles()
  for _, code in ipairs { "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottledException",
    "TooManyRequestsException", "ProvisionedThroughputExceededException", "TransactionInProgressException",
    "RequestLimitExceeded", "BandwidthLimitExceeded", "LimitExceededException", "RequestThrottled", "SlowDown",
    "PriorRequestNotComplete", "EC2ThrottledException" } do
    lu.assertEquals(class(code, 400), "throttle", code)
  end
  lu.assertEquals(class("Whatever", 429), "throttle")
  lu.assertEquals(class("SlowDown", 503), "throttle")
end

function TestClassify:test_transient()
  for _, status in ipairs { 500, 502, 503, 504, 529 } do
    lu.assertEquals(class("Whatever", status), "transient")
  end
  lu.assertEquals(class("InternalError", 200), "transient")
  lu.assertEquals(class("ModelNotReadyException", 429), "transient")
  lu.assertEquals(class("ConnectionError", nil, true), "transient")
end

function TestClassify:test_timeouts()
  lu.assertEquals(class("RequestTimeout", 400), "timeout")
  lu.assertEquals(class("ReadTimeout", nil, true), "timeout")
end

function TestClassify:test_final()
  for _, fault in ipairs { { "ValidationException", 400 }, { "AccessDenied", 403 }, { "NoSuchKey", 404 },
    { "ConflictException", 400 }, { "ServiceQuotaExceededException", 400 }, { "ModelTimeoutException", 408 },
    { "ModelErrorException", 424 }, { "NotImplemented", 501 } } do
    lu.assertEquals(class(fault[1], fault[2]), "final", fault[1])
  end
  lu.assertEquals(class("NoCredentials"), "final")
end

TestAttempts = {}

function TestAttempts:test_a_timeout_costs_more()
  local quota = retry.quota(500)
  retry.attempts(quota, { max_attempts = 3, jitter = one }):failed("timeout")
  lu.assertEquals(quota.tokens, 490)
end

function TestAttempts:test_a_first_success_earns_one_up_to_the_capacity()
  local quota = retry.quota(500)
  quota.tokens = 499
  retry.attempts(quota, { max_attempts = 3 }):succeeded()
  retry.attempts(quota, { max_attempts = 3 }):succeeded()
  lu.assertEquals(quota.tokens, 500)
end

function TestAttempts:test_an_empty_quota_stops_retries()
  local quota = retry.quota(500)
  quota.tokens = 4
  lu.assertEquals(retry.attempts(quota, { max_attempts = 3 }):failed("transient"), "quota")
end

function TestAttempts:test_delay_is_capped_and_jittered()
  local attempts = retry.attempts(retry.quota(500), { max_attempts = 20, jitter = one })
  local last
  for _ = 1, 10 do
    local _, delay = attempts:failed("transient")
    last = delay
  end
  lu.assertEquals(last, 20)
  local still = retry.attempts(retry.quota(), { max_attempts = 3, jitter = function() return 0 end })
  local _, none = still:failed("throttle")
  lu.assertEquals(none, 0)
end

function TestAttempts:test_model_not_ready_gets_five_attempts()
  local attempts = retry.attempts(retry.quota(), { max_attempts = 3, jitter = one })
  for _ = 1, 4 do
    lu.assertEquals(attempts:failed("transient", "ModelNotReadyException"), "retry")
  end
  lu.assertEquals(attempts:failed("transient", "ModelNotReadyException"), "attempts")
end

function TestAttempts:test_what_the_reply_asks_is_honoured()
  local function delay(asked, exact)
    local attempts = retry.attempts(retry.quota(), { max_attempts = 3, jitter = one, max_asked = 60 })
    return select(2, attempts:failed("throttle", nil, asked, exact))
  end
  lu.assertEquals(delay(7, true), 7)
  lu.assertEquals(delay(0, true), 1)
  lu.assertEquals(delay(1000, true), 60)
  lu.assertEquals(delay(3, false), 3)
  lu.assertEquals(delay(100, false), 6) -- at most five seconds over the backoff
end

function TestAttempts:test_asked_delay_reads_both_headers()
  local function asked(headers)
    return retry.asked_delay(function(name) return headers[name] end)
  end
  lu.assertEquals({ asked { ["x-amz-retry-after"] = "1500" } }, { 1.5, false })
  lu.assertEquals({ asked { ["retry-after"] = "9" } }, { 9, true })
  lu.assertNil(asked {})
  lu.assertNil(asked { ["retry-after"] = "soon" })
  lu.assertNil(asked { ["x-amz-retry-after"] = "-1" })
end

TestSkew = {}

local function http_date(seconds)
  return os.date("!%a, %d %b %Y %H:%M:%S GMT", seconds // 1 | 0)
end

function TestSkew:test_corrects_a_wrong_clock_only()
  local now = time.now()
  local late = retry.skew({ code = "RequestTimeTooSkewed" }, http_date(now + 1200), 0)
  lu.assertAlmostEquals(late, 1200, 2)
  lu.assertNil(retry.skew({ code = "RequestTimeTooSkewed" }, http_date(now + 1200), late))
  lu.assertNil(retry.skew({ code = "NoSuchKey" }, http_date(now + 1200), 0))
  lu.assertNil(retry.skew({ code = "SignatureDoesNotMatch" }, http_date(now + 30), 0))
  lu.assertNotNil(retry.skew({ code = "InvalidSignatureException" }, http_date(now + 600), 0))
  lu.assertNil(retry.skew({ code = "RequestTimeTooSkewed" }, nil, 0))
end

os.exit(lu.LuaUnit.run())
