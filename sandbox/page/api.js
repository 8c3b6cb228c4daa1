// Discord's REST API, as one of the members.

/** A refusal in Discord's words. */
export class ApiError extends Error {
  constructor(status, body) {
    super(sentence(status, body));
    this.status = status;
    this.code = body?.code ?? 0;
  }
}

export class Api {
  constructor(token) {
    this.token = token;
  }

  get(path) {
    return this.request("GET", path);
  }

  /** Send `json`, with the `files` that its attachments name by number; raises ApiError. */
  async request(method, path, json = undefined, files = []) {
    const headers = { Authorization: this.token };
    let body;
    if (files.length) {
      body = new FormData();
      body.append("payload_json", new Blob([JSON.stringify(json)], { type: "application/json" }));
      files.forEach((file, id) => body.append(`files[${id}]`, file, file.name));
    } else if (json !== undefined) {
      headers["Content-Type"] = "application/json";
      body = JSON.stringify(json);
    }
    let response;
    try {
      response = await fetch(`/api/v10${path}`, { method, headers, body });
    } catch {
      throw new ApiError(0, { message: "The sandbox does not answer. Is it still running?" });
    }
    if (response.status === 204) return null;
    const answer = await response.json().catch(() => null);
    if (!response.ok) throw new ApiError(response.status, answer);
    return answer;
  }
}

/** Return the attachments objects of files to send. */
export function listed(files) {
  return files.map((file, id) => ({ id: String(id), filename: file.name }));
}

function sentence(status, body) {
  if (!body) return `Discord answered ${status}.`;
  if (body.retry_after !== undefined) return `${body.message} Try again in ${Math.ceil(body.retry_after)} s.`;
  const [field, problem] = firstProblem(body.errors) ?? [];
  const text = problem ? `${field ? `${field}: ` : ""}${problem}` : body.message;
  const stopped = /[.!?]$/.test(text) ? text : `${text}.`;
  return body.code ? `${stopped} (Discord error ${body.code})` : stopped;
}

function firstProblem(errors, path = []) {
  if (!errors) return null;
  if (errors._errors) return [path.join("."), errors._errors[0].message];
  for (const [key, value] of Object.entries(errors)) {
    const found = firstProblem(value, [...path, key]);
    if (found) return found;
  }
  return null;
}
