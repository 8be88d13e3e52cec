export { V as VirtualClock, i as injectErrors, n as noSleep, v as virtualClock } from './driver.cjs';
