# Who may do what. qabot's own policy is policy.json, the same that its tests hold to the calls that it makes.

locals {
  load_balancers  = concat([aws_lb.qa.name], var.more_load_balancers)
  repository_arns = [for app in var.apps : "arn:aws:ecr:${local.region}:${local.account}:repository/${app.image_repository}"]
  pipeline_builds = distinct(flatten([for app in var.apps : app.pipeline_projects]))
  project_arns = concat(
    [for p in aws_codebuild_project.image : p.arn], [for p in aws_codebuild_project.migration : p.arn],
    [for name in local.pipeline_builds : "arn:aws:codebuild:${local.region}:${local.account}:project/${name}"],
  )
  log_groups = concat(
    flatten([for app in var.apps : [for group in app.log_groups : "arn:aws:logs:${local.region}:${local.account}:log-group:${group}:*"]]),
    [for p in concat(values(aws_codebuild_project.image), values(aws_codebuild_project.migration)) :
    "arn:aws:logs:${local.region}:${local.account}:log-group:/aws/codebuild/${p.name}:*"],
    [for name in local.pipeline_builds : "arn:aws:logs:${local.region}:${local.account}:log-group:/aws/codebuild/${name}:*"],
  )
  # A list in a policy must not be empty: what no app has is a name that nothing has.
  pipelines_arn  = "arn:aws:codepipeline:${local.region}:${local.account}"
  pipelines      = distinct(flatten([for app in var.apps : [for name in app.pipelines : "${local.pipelines_arn}:${name}"]]))
  templates      = distinct(flatten([for app in var.apps : [for name in app.pipeline_templates : "${local.pipelines_arn}:${name}"]]))
  pipeline_roles = distinct(flatten([for app in var.apps : app.pipeline_role_arns]))
  save_bucket    = var.save_bucket != "" ? var.save_bucket : "${local.name}_none" # no bucket can be made with an underscore in its name
  secrets_arn    = "arn:aws:ssm:${local.region}:${local.account}:parameter/qabot/${var.installation}/*"
}

resource "aws_iam_policy" "qabot" {
  name        = local.name
  description = "What qabot does in AWS, on what is its own"
  tags        = local.tags
  policy = templatefile("${path.module}/../iam/policy.json", {
    region             = local.region
    account            = local.account
    installation       = var.installation
    cluster            = var.cluster
    load_balancers     = join("\",\"", [for name in local.load_balancers : "arn:aws:elasticloadbalancing:${local.region}:${local.account}:loadbalancer/app/${name}/*"])
    listeners          = join("\",\"", [for name in local.load_balancers : "arn:aws:elasticloadbalancing:${local.region}:${local.account}:listener/app/${name}/*/*"])
    rules              = join("\",\"", [for name in local.load_balancers : "arn:aws:elasticloadbalancing:${local.region}:${local.account}:listener-rule/app/${name}/*/*/*"])
    task_roles         = join("\",\"", distinct(flatten([for app in var.apps : app.task_role_arns])))
    codebuild_projects = join("\",\"", length(local.project_arns) > 0 ? local.project_arns : ["arn:aws:codebuild:${local.region}:${local.account}:project/${local.name}-none"])
    pipelines          = join("\",\"", length(local.pipelines) > 0 ? local.pipelines : ["${local.pipelines_arn}:${local.name}-none"])
    pipeline_templates = join("\",\"", length(local.templates) > 0 ? local.templates : ["${local.pipelines_arn}:${local.name}-none"])
    pipeline_roles     = join("\",\"", length(local.pipeline_roles) > 0 ? local.pipeline_roles : ["arn:aws:iam::${local.account}:role/${local.name}-none"])
    image_repositories = join("\",\"", distinct(local.repository_arns))
    log_groups         = join("\",\"", distinct(local.log_groups))
    save_bucket        = "arn:aws:s3:::${local.save_bucket}"
    save_objects       = "arn:aws:s3:::${local.save_bucket}/${var.save_prefix}/${var.installation}/*"
  })
}

data "aws_iam_policy_document" "codebuild" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["codebuild.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

resource "aws_iam_role" "image" {
  for_each           = local.image_apps
  name_prefix        = "qabot-${each.key}-image-"
  assume_role_policy = data.aws_iam_policy_document.codebuild.json
  tags               = local.tags
}

data "aws_iam_policy_document" "image" {
  for_each = local.image_apps

  statement {
    sid       = "Log"
    actions   = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["arn:aws:logs:${local.region}:${local.account}:log-group:/aws/codebuild/${local.name}-${each.key}-image*"]
  }
  statement {
    sid       = "LogIn"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }
  statement {
    sid = "Push"
    actions = [
      "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:GetDownloadUrlForLayer",
      "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart",
    ]
    resources = [
      "arn:aws:ecr:${local.region}:${local.account}:repository/${each.value.image_repository}",
      "arn:aws:ecr:${local.region}:${local.account}:repository/${each.value.image_repository}-cache",
    ]
  }
  dynamic "statement" {
    for_each = each.value.source_connection_arn == "" ? [] : [each.value.source_connection_arn]
    content {
      sid       = "Source"
      actions   = ["codeconnections:GetConnection", "codeconnections:GetConnectionToken", "codeconnections:UseConnection"]
      resources = [statement.value]
    }
  }
}

resource "aws_iam_role_policy" "image" {
  for_each = local.image_apps
  role     = aws_iam_role.image[each.key].id
  policy   = data.aws_iam_policy_document.image[each.key].json
}

resource "aws_iam_role" "migration" {
  for_each           = local.migration_apps
  name_prefix        = "qabot-${each.key}-migrate-"
  assume_role_policy = data.aws_iam_policy_document.codebuild.json
  tags               = local.tags
}

data "aws_iam_policy_document" "migration" {
  for_each = local.migration_apps

  statement {
    sid       = "Log"
    actions   = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["arn:aws:logs:${local.region}:${local.account}:log-group:/aws/codebuild/${local.name}-${each.key}-migration*"]
  }
  statement {
    sid       = "LogIn"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }
  statement {
    sid       = "Pull"
    actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    resources = ["arn:aws:ecr:${local.region}:${local.account}:repository/${each.value.image_repository}"]
  }
  statement {
    sid       = "ReadSecretsOfEnvironments"
    actions   = ["ssm:GetParameters"]
    resources = [local.secrets_arn]
  }
  # Without these a build in a VPC does not start.
  statement {
    sid = "Network"
    actions = [
      "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeDhcpOptions", "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs",
    ]
    resources = ["*"]
  }
  statement {
    sid       = "NetworkForCodeBuildOnly"
    actions   = ["ec2:CreateNetworkInterfacePermission"]
    resources = ["arn:aws:ec2:${local.region}:${local.account}:network-interface/*"]
    condition {
      test     = "StringEquals"
      variable = "ec2:AuthorizedService"
      values   = ["codebuild.amazonaws.com"]
    }
    condition {
      test     = "ArnEquals"
      variable = "ec2:Subnet"
      values   = [for s in var.private_subnets : "arn:aws:ec2:${local.region}:${local.account}:subnet/${s}"]
    }
  }
}

resource "aws_iam_role_policy" "migration" {
  for_each = local.migration_apps
  role     = aws_iam_role.migration[each.key].id
  policy   = data.aws_iam_policy_document.migration[each.key].json
}

# QA tasks start with staging's execution roles, which must be able to read the secrets of environments.
data "aws_iam_policy_document" "execution" {
  statement {
    sid       = "ReadSecretsOfEnvironments"
    actions   = ["ssm:GetParameters"]
    resources = [local.secrets_arn]
  }
}

resource "aws_iam_role_policy" "execution" {
  for_each = toset(flatten([for app in var.apps : app.execution_role_names]))
  name     = "${local.name}-secrets"
  role     = each.value
  policy   = data.aws_iam_policy_document.execution.json
}
