# GitHub's webhooks: a Lambda URL proves the signature and queues what is needed; qabot fetches it. Nothing of qabot's own
# has to be reachable from outside.

data "archive_file" "webhook" {
  count       = var.webhook ? 1 : 0
  type        = "zip"
  source_file = "${path.module}/../lambda/webhook.mjs"
  output_path = "${path.root}/.terraform/qabot-webhook.zip"
}

resource "aws_sqs_queue" "lost" {
  count                     = var.webhook ? 1 : 0
  name                      = "${local.name}-events-lost"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
  tags                      = local.tags
}

resource "aws_sqs_queue" "events" {
  count                      = var.webhook ? 1 : 0
  name                       = "${local.name}-events"
  message_retention_seconds  = 1209600
  visibility_timeout_seconds = 60 # far longer than it takes to keep a message
  sqs_managed_sse_enabled    = true
  redrive_policy             = jsonencode({ deadLetterTargetArn = aws_sqs_queue.lost[0].arn, maxReceiveCount = 5 })
  tags                       = local.tags
}

# Its value is put there by hand, here and in GitHub: `openssl rand -hex 32`. Two values, separated by a comma, are both
# good while the secret is changed.
resource "aws_ssm_parameter" "webhook_secret" {
  count       = var.webhook ? 1 : 0
  name        = "/qabot-own/${var.installation}/QABOT_GITHUB_WEBHOOK_SECRET"
  description = "Secret of GitHub's webhook"
  type        = "SecureString"
  value       = "unset"
  tags        = local.tags

  lifecycle {
    ignore_changes = [value]
  }
}

data "aws_iam_policy_document" "lambda" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "webhook" {
  count              = var.webhook ? 1 : 0
  name_prefix        = "qabot-webhook-"
  assume_role_policy = data.aws_iam_policy_document.lambda.json
  tags               = local.tags
}

data "aws_iam_policy_document" "webhook" {
  count = var.webhook ? 1 : 0

  statement {
    sid       = "Log"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.webhook[0].arn}:*"]
  }
  statement {
    sid       = "Queue"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.events[0].arn]
  }
  statement {
    sid       = "ReadSecret"
    actions   = ["ssm:GetParameter"]
    resources = [aws_ssm_parameter.webhook_secret[0].arn]
  }
}

resource "aws_iam_role_policy" "webhook" {
  count  = var.webhook ? 1 : 0
  role   = aws_iam_role.webhook[0].id
  policy = data.aws_iam_policy_document.webhook[0].json
}

resource "aws_cloudwatch_log_group" "webhook" {
  count             = var.webhook ? 1 : 0
  name              = "/aws/lambda/${local.name}-webhook"
  retention_in_days = 30
  tags              = local.tags
}

resource "aws_lambda_function" "webhook" {
  count                          = var.webhook ? 1 : 0
  function_name                  = "${local.name}-webhook"
  description                    = "Proves GitHub's signature and queues the event"
  role                           = aws_iam_role.webhook[0].arn
  runtime                        = "nodejs22.x"
  handler                        = "webhook.handler"
  filename                       = data.archive_file.webhook[0].output_path
  source_code_hash               = data.archive_file.webhook[0].output_base64sha256
  timeout                        = 8  # GitHub gives up after ten seconds
  reserved_concurrent_executions = 10 # anybody may call it: this bounds what that costs
  tags                           = local.tags

  environment {
    variables = {
      QUEUE_URL        = aws_sqs_queue.events[0].url
      SECRET_PARAMETER = aws_ssm_parameter.webhook_secret[0].name
    }
  }

  depends_on = [aws_iam_role_policy.webhook, aws_cloudwatch_log_group.webhook]
}

# Open to all, and secured by the signature alone: GitHub cannot sign as AWS does.
resource "aws_lambda_function_url" "webhook" {
  count              = var.webhook ? 1 : 0
  function_name      = aws_lambda_function.webhook[0].function_name
  authorization_type = "NONE"
}

resource "aws_lambda_permission" "webhook" {
  count                  = var.webhook ? 1 : 0
  statement_id           = "url"
  action                 = "lambda:InvokeFunctionUrl"
  function_name          = aws_lambda_function.webhook[0].function_name
  principal              = "*"
  function_url_auth_type = "NONE"
}
