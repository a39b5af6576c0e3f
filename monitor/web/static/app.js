// Live parts of the pages. Everything works without them, but for what must move by itself.
import "./clock.js";
import "./live.js";
import "./quick.js";
import "./alarm.js";
import "./keys.js";
import "./fold.js";
