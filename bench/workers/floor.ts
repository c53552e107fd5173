/*
 * The least that a Worker can do: relay the model's stream, read one row of D1, or answer at once. The report shows the
 * product's times as multiples of these.
 */
interface FloorEnv {
  DB: D1Database;
  OPENAI_BASE_URL: string;
}

const floor: ExportedHandler<FloorEnv> = {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    switch (pathname) {
      case "/floor/relay":
        return relay(request, env);
      case "/floor/row": {
        const id = searchParams.get("id");
        const row = await env.DB.prepare("SELECT * FROM sessions WHERE session_id = ?").bind(id).first();
        return Response.json(row);
      }
      default:
        return Response.json({ status: "ok" });
    }
  },
};

async function relay(request: Request, env: FloorEnv): Promise<Response> {
  const answer = await fetch(`${env.OPENAI_BASE_URL}/chat/completions`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: await request.text(),
  });
  return new Response(answer.body, { headers: { "Content-Type": "text/event-stream" } });
}

// biome-ignore lint/style/noDefaultExport: the platform finds a Worker by its default export
export default floor;
