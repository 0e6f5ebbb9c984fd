// This process's clock, for the JavaScript clients: the real time, and as much later as a test wants it.
const RealDate = Date;
let aheadMs = 0;

class LaterDate extends RealDate {
  constructor(...given) {
    super(...(given.length ? given : [LaterDate.now()]));
  }

  static now() {
    return RealDate.now() + aheadMs;
  }
}

export function setAhead(seconds) {
  aheadMs = seconds * 1000;
  globalThis.Date = aheadMs ? LaterDate : RealDate;
}
