# The QA load balancer: one for all environments, apart from staging's. Target groups, and listeners or rules, are qabot's to make.

locals {
  doors = var.listener_port == 0 ? var.ports : [var.listener_port, var.listener_port]
}

resource "aws_security_group" "balancer" {
  name_prefix = "${local.name}-balancer-"
  description = "QA load balancer"
  vpc_id      = var.vpc_id
  tags        = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "people" {
  for_each          = toset(var.allowed_cidrs)
  security_group_id = aws_security_group.balancer.id
  description       = "People who test"
  cidr_ipv4         = each.value
  ip_protocol       = "tcp"
  from_port         = local.doors[0]
  to_port           = local.doors[1]
}

# qabot asks through the load balancer which commit answers.
resource "aws_vpc_security_group_ingress_rule" "proof" {
  security_group_id            = aws_security_group.balancer.id
  description                  = "qabot"
  referenced_security_group_id = aws_security_group.qabot.id
  ip_protocol                  = "tcp"
  from_port                    = local.doors[0]
  to_port                      = local.doors[1]
}

resource "aws_vpc_security_group_egress_rule" "tasks" {
  for_each                     = toset(var.task_security_groups)
  security_group_id            = aws_security_group.balancer.id
  description                  = "QA tasks"
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = 1
  to_port                      = 65535
}

resource "aws_vpc_security_group_ingress_rule" "tasks" {
  for_each                     = toset(var.task_security_groups)
  security_group_id            = each.value
  description                  = "QA load balancer"
  referenced_security_group_id = aws_security_group.balancer.id
  ip_protocol                  = "tcp"
  from_port                    = 1
  to_port                      = 65535
}

resource "aws_lb" "qa" {
  name                       = local.name
  load_balancer_type         = "application"
  internal                   = var.internal
  subnets                    = var.load_balancer_subnets
  security_groups            = [aws_security_group.balancer.id]
  drop_invalid_header_fields = true
  tags                       = local.tags
}

# By host: qabot puts its rules on this listener. Names that no environment has end here.
resource "aws_lb_listener" "shared" {
  count             = var.listener_port == 0 ? 0 : 1
  load_balancer_arn = aws_lb.qa.arn
  port              = var.listener_port
  protocol          = local.certificate_arn == "" ? "HTTP" : "HTTPS"
  certificate_arn   = local.certificate_arn == "" ? null : local.certificate_arn
  tags              = local.tags

  default_action {
    type = "fixed-response"
    fixed_response {
      content_type = "text/plain"
      message_body = "There is no such environment."
      status_code  = "404"
    }
  }
}

resource "aws_route53_record" "environments" {
  count   = var.zone_id == "" ? 0 : 1
  zone_id = var.zone_id
  name    = "*.${var.domain}"
  type    = "A"

  alias {
    name                   = aws_lb.qa.dns_name
    zone_id                = aws_lb.qa.zone_id
    evaluate_target_health = false
  }
}

locals {
  makes_certificate = var.certificate_arn == "" && var.zone_id != ""
  certificate_arn   = local.makes_certificate ? aws_acm_certificate_validation.qa[0].certificate_arn : var.certificate_arn
}

resource "aws_acm_certificate" "qa" {
  count             = local.makes_certificate ? 1 : 0
  domain_name       = "*.${var.domain}"
  validation_method = "DNS"
  tags              = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "proof" {
  count           = local.makes_certificate ? 1 : 0
  zone_id         = var.zone_id
  name            = one(aws_acm_certificate.qa[0].domain_validation_options).resource_record_name
  type            = one(aws_acm_certificate.qa[0].domain_validation_options).resource_record_type
  records         = [one(aws_acm_certificate.qa[0].domain_validation_options).resource_record_value]
  ttl             = 300
  allow_overwrite = true
}

resource "aws_acm_certificate_validation" "qa" {
  count                   = local.makes_certificate ? 1 : 0
  certificate_arn         = aws_acm_certificate.qa[0].arn
  validation_record_fqdns = [aws_route53_record.proof[0].fqdn]
}
