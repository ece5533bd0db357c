import { setMaxListeners } from "node:events";

// All parts of a widget end by one AbortSignal, and each listens to it once. Node.js takes more than ten listeners for a
// leak. `exploration.test.ts` holds that their number does not grow with use.
setMaxListeners(40);
