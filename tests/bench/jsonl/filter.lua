-- SPDX-License-Identifier: MIT
return function(r) return r.id % 10 ~= 0 end
