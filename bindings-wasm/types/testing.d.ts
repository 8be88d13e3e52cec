export { M as MockFailure, a as MockStore, V as VirtualClock, i as injectErrors, m as mockStore, n as noSleep, v as virtualClock } from './driver.js';
