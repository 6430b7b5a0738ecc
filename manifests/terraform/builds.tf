# Images and migrations. One project of each kind serves all branches of an app: qabot starts it on one commit. An app whose
# images come from a pipeline, or whose migrations run as tasks, has none of that kind.

locals {
  image_apps     = { for name, app in var.apps : name => app if length(app.pipelines) + length(app.pipeline_templates) == 0 }
  migration_apps = { for name, app in var.apps : name => app if !app.migrate_by_task }
  repositories   = { for name, app in var.apps : app.image_repository => "IMMUTABLE" if app.create_repository }
  # Each build writes the cache anew, so it lies apart from images, whose tags never move.
  caches = { for name, app in var.apps : "${app.image_repository}-cache" => "MUTABLE" }
}

resource "aws_ecr_repository" "app" {
  for_each             = merge(local.repositories, local.caches)
  name                 = each.key
  image_tag_mutability = each.value
  tags                 = local.tags
}

# Images of branches go by themselves; those that other things push (release tags) stay.
resource "aws_ecr_lifecycle_policy" "app" {
  for_each   = aws_ecr_repository.app
  repository = each.value.name
  policy = jsonencode({
    rules = [{
      rulePriority = 1
      description  = "Images of branches, ${var.images_kept} days after they were pushed"
      selection = {
        tagStatus      = "tagged"
        tagPatternList = ["git-*"]
        countType      = "sinceImagePushed"
        countUnit      = "days"
        countNumber    = var.images_kept
      }
      action = { type = "expire" }
      }, {
      rulePriority = 2
      description  = "Layers that no tag names"
      selection = {
        tagStatus   = "untagged"
        countType   = "sinceImagePushed"
        countUnit   = "days"
        countNumber = 7
      }
      action = { type = "expire" }
    }]
  })
}

resource "aws_security_group" "builds" {
  name_prefix = "${local.name}-builds-"
  description = "Migrations of environments"
  vpc_id      = var.vpc_id
  tags        = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_egress_rule" "builds" {
  security_group_id = aws_security_group.builds.id
  description       = "Database, registry, AWS"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

resource "aws_vpc_security_group_ingress_rule" "database_builds" {
  count                        = var.database_security_group == "" ? 0 : 1
  security_group_id            = var.database_security_group
  description                  = "Migrations of environments"
  referenced_security_group_id = aws_security_group.builds.id
  ip_protocol                  = "tcp"
  from_port                    = 3306
  to_port                      = 3306
}

resource "aws_codebuild_project" "image" {
  for_each               = local.image_apps
  name                   = "${local.name}-${each.key}-image"
  description            = "Builds the image of one commit of ${each.key}"
  service_role           = aws_iam_role.image[each.key].arn
  build_timeout          = 60
  queued_timeout         = 60
  concurrent_build_limit = null
  tags                   = local.tags

  source {
    type            = "GITHUB"
    location        = each.value.repository_url
    git_clone_depth = 0 # the commit may be older than the branch's head
    buildspec       = file("${path.module}/../codebuild/image.yml")

    dynamic "auth" {
      for_each = each.value.source_connection_arn == "" ? [] : [each.value.source_connection_arn]
      content {
        type     = "CODECONNECTIONS"
        resource = auth.value
      }
    }
  }

  environment {
    type            = "LINUX_CONTAINER"
    compute_type    = each.value.build_compute
    image           = each.value.build_image
    privileged_mode = true # docker build
  }

  artifacts {
    type = "NO_ARTIFACTS"
  }
}

resource "aws_codebuild_project" "migration" {
  for_each       = local.migration_apps
  name           = "${local.name}-${each.key}-migration"
  description    = "Runs the migrations of one commit of ${each.key}"
  service_role   = aws_iam_role.migration[each.key].arn
  build_timeout  = 60
  queued_timeout = 60
  tags           = local.tags

  source {
    type      = "NO_SOURCE"
    buildspec = file("${path.module}/../codebuild/migration.yml")
  }

  environment {
    type            = "LINUX_CONTAINER"
    compute_type    = "BUILD_GENERAL1_SMALL"
    image           = each.value.build_image
    privileged_mode = true # docker run
  }

  # Private subnets: the NAT gateway's address is the one that registries count.
  vpc_config {
    vpc_id             = var.vpc_id
    subnets            = var.private_subnets
    security_group_ids = [aws_security_group.builds.id]
  }

  artifacts {
    type = "NO_ARTIFACTS"
  }
}
