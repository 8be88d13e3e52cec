export { Z as VirtualClock, _ as injectErrors, $ as noSleep, a0 as virtualClock } from './driver.cjs';
