// Tencent Cloud's own Node.js SDK: one create and one look for each task, as many at once as said.
// It keeps no state and downloads nothing.
//
//   node node_sdk.js HOST:PORT TASKS AT_ONCE      (NODE_PATH: where the SDK is installed)
const { CommonClient } = require("tencentcloud-sdk-nodejs-common");

async function main() {
  const [endpoint, tasks, atOnce] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
  const client = new CommonClient(endpoint, "2018-07-17", {
    credential: {
      secretId: process.env.TENCENTCLOUD_SECRET_ID,
      secretKey: process.env.TENCENTCLOUD_SECRET_KEY,
    },
    profile: { httpProfile: { endpoint, reqTimeout: 60 } },
  });
  // The SDK signs for the first label of the host name as the service, which an address does not have.
  client.endpoint = Object.assign(new String(endpoint), { split: () => ["vod"] });
  let next = 0;
  let done = 0;
  async function worker() {
    while (next < tasks) {
      const number = next++;
      const SubAppId = Number(process.env.TENCENTCLOUD_VOD_SUB_APP_ID);
      const made = await client.request("CreateAigcVideoTask", {
        SubAppId, ModelName: "Kling", ModelVersion: "2.5", Prompt: `A kite over the dunes ${number}`,
        OutputConfig: { Duration: 5, Resolution: "720P" }, SessionId: `peer-node-${process.pid}-${number}`,
      });
      let status = "";
      while (status !== "FINISH") {
        status = (await client.request("DescribeTaskDetail", { SubAppId, TaskId: made.TaskId })).Status;
      }
      ++done;
    }
  }
  const cpu = process.cpuUsage();
  const start = process.hrtime.bigint();
  await Promise.all(Array.from({ length: atOnce }, worker));
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  const used = process.cpuUsage(cpu);
  console.log(JSON.stringify({ tasks: done, seconds, cpu: (used.user + used.system) / 1e6 }));
}

main().catch((error) => {
  console.error(String(error));
  process.exit(1);
});
