// The gateway as a member's client: logs in, keeps the heart beating, resumes after a loss, starts anew.

const RECONNECT_MS = [250, 500, 1000, 2000, 3000];

export class Gateway {
  /** `onEvent(type, data)` hears every event, `onState("open" | "lost")` how the line is, `onRefused` of a bad token. */
  constructor({ onEvent, onState, onRefused }) {
    this.onEvent = onEvent;
    this.onState = onState;
    this.onRefused = onRefused;
    this.attempt = 0;
  }

  /** Log in with `token`, leaving any earlier login. */
  login(token) {
    this.leave();
    this.token = token;
    this.session = null;
    this.sequence = null;
    this.attempt = 0;
    this.connect();
  }

  leave() {
    clearTimeout(this.retry);
    clearInterval(this.heart);
    const socket = this.socket;
    this.socket = null;
    socket?.close(1000);
  }

  connect() {
    const socket = new WebSocket(`ws://${location.host}/gateway?v=10&encoding=json`);
    this.socket = socket;
    socket.addEventListener("message", ({ data }) => socket === this.socket && this.receive(JSON.parse(data)));
    socket.addEventListener("close", ({ code }) => socket === this.socket && this.lost(code));
  }

  send(op, d) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ op, d }));
  }

  receive({ op, d, s, t }) {
    if (s !== null && s !== undefined) this.sequence = s;
    if (op === 10) {
      this.acknowledged = true;
      clearInterval(this.heart);
      this.heart = setInterval(() => this.beat(), d.heartbeat_interval);
      this.send(1, this.sequence);
      if (this.session) this.send(6, { token: this.token, session_id: this.session, seq: this.sequence });
      else this.identify();
    } else if (op === 11) {
      this.acknowledged = true;
    } else if (op === 1) {
      this.send(1, this.sequence);
    } else if (op === 7) {
      this.socket.close(4000);
    } else if (op === 9) {
      this.session = null;
      this.sequence = null;
      this.identify();
    } else if (op === 0) {
      if (t === "READY") this.session = d.session_id;
      if (t === "READY" || t === "RESUMED") {
        this.attempt = 0;
        this.onState("open");
      }
      this.onEvent(t, d);
    }
  }

  identify() {
    this.send(2, { token: this.token, properties: { os: "web", browser: "page", device: "page" } });
  }

  beat() {
    if (!this.acknowledged) {
      this.socket.close(4000);
      return;
    }
    this.acknowledged = false;
    this.send(1, this.sequence);
  }

  lost(code) {
    clearInterval(this.heart);
    this.socket = null;
    this.onState("lost");
    if (code === 4004) {
      this.onRefused();
      return;
    }
    if (code >= 4005 && code <= 4010) this.session = null;
    this.retry = setTimeout(() => this.connect(), RECONNECT_MS[Math.min(this.attempt++, RECONNECT_MS.length - 1)]);
  }
}
