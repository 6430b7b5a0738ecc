# qabot's own service. It needs no way in: Slack and the queue are asked from inside.

resource "aws_security_group" "qabot" {
  name_prefix = "${local.name}-own-"
  description = "qabot"
  vpc_id      = var.vpc_id
  tags        = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_egress_rule" "qabot" {
  security_group_id = aws_security_group.qabot.id
  description       = "Slack, GitHub, AWS, database, Redis"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

resource "aws_vpc_security_group_ingress_rule" "database_qabot" {
  count                        = var.database_security_group == "" ? 0 : 1
  security_group_id            = var.database_security_group
  description                  = "qabot"
  referenced_security_group_id = aws_security_group.qabot.id
  ip_protocol                  = "tcp"
  from_port                    = 3306
  to_port                      = 3306
}

resource "aws_vpc_security_group_ingress_rule" "redis_qabot" {
  count                        = var.redis_security_group == "" ? 0 : 1
  security_group_id            = var.redis_security_group
  description                  = "qabot"
  referenced_security_group_id = aws_security_group.qabot.id
  ip_protocol                  = "tcp"
  from_port                    = 6379
  to_port                      = 6379
}

locals {
  runs = var.image != "" ? 1 : 0
  own  = "arn:aws:ssm:${local.region}:${local.account}:parameter/qabot-own/${var.installation}/"
  # Not below /qabot/<installation>/: the tasks of every environment may read what lies there.
  secret_names = concat(var.secrets, var.webhook ? ["QABOT_GITHUB_WEBHOOK_SECRET"] : [])
}

resource "aws_ssm_parameter" "secret" {
  for_each    = var.image == "" ? toset([]) : toset(var.secrets)
  name        = "/qabot-own/${var.installation}/${each.value}"
  description = "Secret of qabot; put its value here by hand"
  type        = "SecureString"
  value       = "unset"
  tags        = local.tags

  lifecycle {
    ignore_changes = [value]
  }
}

data "aws_iam_policy_document" "tasks" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

resource "aws_iam_role" "qabot" {
  count              = local.runs
  name_prefix        = "qabot-own-"
  assume_role_policy = data.aws_iam_policy_document.tasks.json
  tags               = local.tags
}

resource "aws_iam_role_policy_attachment" "qabot" {
  count      = local.runs
  role       = aws_iam_role.qabot[0].name
  policy_arn = aws_iam_policy.qabot.arn
}

data "aws_iam_policy_document" "fetch" {
  count = var.webhook ? 1 : 0

  statement {
    sid       = "FetchEvents"
    actions   = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
    resources = [aws_sqs_queue.events[0].arn]
  }
}

resource "aws_iam_role_policy" "fetch" {
  count  = var.webhook ? local.runs : 0
  role   = aws_iam_role.qabot[0].id
  policy = data.aws_iam_policy_document.fetch[0].json
}

resource "aws_iam_role" "start" {
  count              = local.runs
  name_prefix        = "qabot-start-"
  assume_role_policy = data.aws_iam_policy_document.tasks.json
  tags               = local.tags
}

resource "aws_iam_role_policy_attachment" "start" {
  count      = local.runs
  role       = aws_iam_role.start[0].name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
}

data "aws_iam_policy_document" "start" {
  statement {
    sid       = "ReadOwnSecrets"
    actions   = ["ssm:GetParameters"]
    resources = ["${local.own}*"]
  }
}

resource "aws_iam_role_policy" "start" {
  count  = local.runs
  role   = aws_iam_role.start[0].id
  policy = data.aws_iam_policy_document.start.json
}

resource "aws_cloudwatch_log_group" "qabot" {
  count             = local.runs
  name              = "/qabot/${var.installation}"
  retention_in_days = 90
  tags              = local.tags
}

resource "aws_ecs_task_definition" "qabot" {
  count                    = local.runs
  family                   = local.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  task_role_arn            = aws_iam_role.qabot[0].arn
  execution_role_arn       = aws_iam_role.start[0].arn
  tags                     = local.tags

  container_definitions = jsonencode([{
    name                   = "qabot"
    image                  = var.image
    command                = ["serve"]
    essential              = true
    readonlyRootFilesystem = true
    stopTimeout            = 30 # SIGTERM is followed within ten seconds
    environment            = [{ name = "QABOT_CONFIG_TEXT", value = var.configuration }]
    secrets                = [for name in local.secret_names : { name = name, valueFrom = "${local.own}${name}" }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        "awslogs-group"         = aws_cloudwatch_log_group.qabot[0].name
        "awslogs-region"        = local.region
        "awslogs-stream-prefix" = "qabot"
      }
    }
  }])
}

resource "aws_ecs_service" "qabot" {
  count                              = local.runs
  name                               = local.name
  cluster                            = var.cluster
  task_definition                    = aws_ecs_task_definition.qabot[0].arn
  desired_count                      = var.replicas
  launch_type                        = "FARGATE"
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  tags                               = local.tags

  network_configuration {
    subnets         = var.private_subnets
    security_groups = [aws_security_group.qabot.id]
  }

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  lifecycle {
    precondition {
      condition     = var.configuration != ""
      error_message = "qabot's service needs its configuration: set `configuration`."
    }
  }
}
