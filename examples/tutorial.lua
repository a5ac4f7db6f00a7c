-- SPDX-License-Identifier: MIT
-- tutorial.lua -- the Python of the Bedrock fine-tuning cookbook, line by line in Lua.
--
--   moonrock rehearse examples/tutorial.lua [DATASET]
--
-- The calls, their names and their parameters are boto3's; a dictionary is a table, and lists
-- count from 1.  See finetune.lua for the same with checks, leases and a clean-up that cannot
-- be forgotten.  (AWS does not list this base model as one that can be tuned, and offers the
-- tuning of Claude 3 Haiku in us-west-2 only: a rehearsal warns, with --strict it refuses.)

local moonrock = require "moonrock"                        -- import boto3
local json = require "cjson"                               -- import json
local pretty = require "moonrock.json"

local bucket_name = "anthropic-finetuning-cookbook"
local role_arn = "arn:aws:iam::123456789012:role/BedrockFineTuning"
local region = "us-east-1"

local s3_client = moonrock.client("s3", { region = region })              -- boto3.client("s3")
local bedrock = moonrock.client("bedrock", { region = region })           -- boto3.client("bedrock")
local bedrock_runtime = moonrock.client("bedrock-runtime", { region = region })

-- Load the data.
local dataset_path = arg[1] or arg[0]:gsub("[^/]*$", "") .. "data/json_answers.jsonl"
local dataset = dataset_path:match("[^/]*$")
local sample_data = {}                                     -- sample_data = []
for line in io.lines(dataset_path) do                      -- for line in open(dataset_path):
  sample_data[#sample_data + 1] = pretty.decode(line, { ordered = true })
end
print(pretty.encode(sample_data[1], { indent = 2, ascii = true })) -- json.dumps(..., indent=2)

-- Upload it.  (The notebook supposes that the bucket is there.)
s3_client:create_bucket { Bucket = bucket_name }
s3_client:upload_file(dataset_path, bucket_name, dataset)

-- Start the training.
local custom_model_name = "anthropic_finetuning_cookbook"
local job_name = "anthropic-finetuning-cookbook-training"
bedrock:create_model_customization_job {
  jobName = job_name,
  customModelName = custom_model_name,
  roleArn = role_arn,
  trainingDataConfig = { s3Uri = "s3://" .. bucket_name .. "/" .. dataset },
  outputDataConfig = { s3Uri = "s3://" .. bucket_name .. "/finetuning_example_results/" },
  baseModelIdentifier =
    "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0:200k",
  hyperParameters = { epochCount = "5", batchSize = "4", learningRateMultiplier = "1.0" },
}

-- Check on it until it is done.
local fine_tune_job = bedrock:get_model_customization_job { jobIdentifier = job_name }
print(fine_tune_job.status)
while fine_tune_job.status == "InProgress" do              -- while status == "InProgress":
  moonrock.sleep(300)                                      --     time.sleep(300)
  fine_tune_job = bedrock:get_model_customization_job { jobIdentifier = job_name }
end
print(fine_tune_job.status)

-- Make the tuned model callable.
local throughput = bedrock:create_provisioned_model_throughput {
  modelUnits = 1,
  provisionedModelName = "anthropic-finetuning-cookbook",
  modelId = custom_model_name,
}
local provisioned_model_arn = throughput.provisionedModelArn
while bedrock:get_provisioned_model_throughput { provisionedModelId = provisioned_model_arn }.status
  == "Creating" do
  moonrock.sleep(60)
end

-- Ask it.
local body = json.encode {
  anthropic_version = "bedrock-2023-05-31",
  max_tokens = 500,
  messages = { { role = "user", content = "What is the capital of France?" } },
  system = "JSON Mode: Enabled",
}
local response = bedrock_runtime:invoke_model { modelId = provisioned_model_arn, body = body }
body = json.decode(response.body:read("a"))                -- json.loads(response["body"].read())
print(body["content"][1]["text"])                          -- print(body["content"][0]["text"])

-- Clean up: the throughput is billed by the hour, the model by the month.
bedrock:delete_provisioned_model_throughput { provisionedModelId = provisioned_model_arn }
bedrock:wait("provisioned_model_throughput_deleted", { provisionedModelId = provisioned_model_arn })
bedrock:delete_custom_model { modelIdentifier = custom_model_name }
s3_client:empty_bucket(bucket_name)
s3_client:delete_bucket { Bucket = bucket_name }
