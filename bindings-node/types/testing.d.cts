export { a1 as VirtualClock, a2 as injectErrors, a3 as noSleep, a4 as virtualClock } from './driver.cjs';
