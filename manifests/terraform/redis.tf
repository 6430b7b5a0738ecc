# With redis.mode: own, the tasks of an environment reach its Redis, which is a task like them.

locals {
  redis_ways = var.own_redis ? { for way in setproduct(distinct(var.task_security_groups), distinct(var.task_security_groups)) : "${way[0]} ${way[1]}" => way } : {}
}

resource "aws_vpc_security_group_ingress_rule" "redis_tasks" {
  for_each                     = local.redis_ways
  security_group_id            = each.value[0]
  description                  = "Redis of environments, from QA tasks"
  referenced_security_group_id = each.value[1]
  ip_protocol                  = "tcp"
  from_port                    = 6379
  to_port                      = 6379
}

resource "aws_vpc_security_group_ingress_rule" "redis_builds" {
  for_each                     = var.own_redis ? toset(var.task_security_groups) : toset([])
  security_group_id            = each.value
  description                  = "Redis of environments, from migrations"
  referenced_security_group_id = aws_security_group.builds.id
  ip_protocol                  = "tcp"
  from_port                    = 6379
  to_port                      = 6379
}
