export { a0 as VirtualClock, a1 as injectErrors, a2 as noSleep, a3 as virtualClock } from './driver.cjs';
