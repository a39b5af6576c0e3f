// Live parts of the pages. Everything works without it, but for what must move by itself.
"use strict";
