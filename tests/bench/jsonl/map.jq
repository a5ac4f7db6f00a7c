# SPDX-License-Identifier: MIT
select(.id % 10 != 0) | if .messages[0].role == "user" then .messages[0].content = "Q: " + .system else . end
